"""What stands in `deploy/`: it can be read, fits together, and takes from nobody more than it needs.

No program for containers is at hand, so these are read, not run. What they start is run by
tests/promises/test_main_job.py.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from granian.cli import cli as granian

from config.version import VERSION
from tests.deploy.shapes import (
    DEPLOY,
    PARTS,
    PROGRAMS,
    ROOT,
    UNITS,
    compose,
    instructions,
    settings_of,
    unit,
    unit_command,
)

APP = (*PARTS, "migrate", "backup")
SERVICES = compose()["services"]
OWN = {"__pycache__", "backups", "secrets", ".env"}  # of whoever runs a site from this folder
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and not OWN & set(path.parts))
PINNED = re.compile(r"[a-z]+(/[a-z]+)?:\d+\.\d+(\.\d+)?(-[a-z-]+)?")
OTHERS = {"WEB", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}
SANDBOX = {
    "CapabilityBoundingSet": "",
    "LimitCORE": "0",
    "LockPersonality": "yes",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectSystem": "strict",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "User": "undersigned",
}


def test_one_image_runs_every_part():
    assert {SERVICES[name]["image"] for name in APP} == {"undersigned:${VERSION:-latest}"}
    assert set(SERVICES) - set(APP) == {"postgres", "valkey", "caddy"}


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_may_do_more_than_it_must(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"] == {"max-size": "1m", "max-file": "3"}
    assert "privileged" not in service


def test_whatever_keeps_running_says_how_it_is():
    running = {name for name, service in SERVICES.items() if service["restart"] != "no"}

    assert running == {*PARTS, "postgres", "valkey", "caddy"}
    assert {name for name in running if "test" not in SERVICES[name]["healthcheck"]} == set()


def test_only_data_keys_and_temporary_folders_can_be_written():
    named = {volume for service in SERVICES.values() for volume in service.get("volumes", [])}

    assert {volume for volume in named if not volume.endswith(":ro")} == {
        "./backups:/backups",
        "certificates:/data",
        "database:/var/lib/postgresql/data",
        "keys:/var/lib/undersigned/keys",
    }
    assert all("/tmp" in str(SERVICES[name]["tmpfs"]) for name in APP)


def test_database_and_broker_are_reached_from_inside_alone():
    assert compose()["networks"]["inside"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == SERVICES["valkey"]["networks"] == ["inside"]
    assert {name for name in SERVICES if "ports" in SERVICES[name]} == {"caddy"}


def test_every_secret_is_a_file_that_is_made():
    defined = compose()["secrets"]
    made = set(re.findall(r"keep (\w+)", (DEPLOY / "make-secrets").read_text(encoding="utf-8")))

    assert {name: secret["file"] for name, secret in defined.items()} == {
        name: f"secrets/{name}" for name in made
    }
    assert {name for service in SERVICES.values() for name in service.get("secrets", [])} == made
    assert not {"SECRET_KEY", "DATABASE_URL", "EMAIL_PASSWORD"} & set(settings_of(DEPLOY / "env.example"))


def test_making_secrets_twice_keeps_them(tmp_path):
    shutil.copy(DEPLOY / "make-secrets", tmp_path)
    read = []
    for _ in range(2):
        subprocess.run(["sh", tmp_path / "make-secrets"], check=True)
        read.append({path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()})

    assert read[0] == read[1]
    assert len(read[0]["secret_key"]) == 60
    assert read[0]["database_password"] in read[0]["database_url"]
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_every_setting_that_is_named_exists():
    known = set(settings_of(ROOT / ".env.example")) | granian_settings() | OTHERS
    named = {name for service in SERVICES.values() for name in service.get("environment", {})}
    named |= set(settings_of(DEPLOY / "env.example"))
    named |= set(re.findall(r"\b([A-Z]+_[A-Z_]+)=", (DEPLOY / "onion" / "torrc").read_text(encoding="utf-8")))

    assert {name for name in named if name not in known and name.removesuffix("_FILE") not in known} == set()


def granian_settings() -> set[str]:
    return {f"GRANIAN_{option.name}".upper() for option in granian.params}


@pytest.mark.parametrize("part", PARTS)
def test_units_and_containers_start_the_same(part):
    assert unit_command(part) == SERVICES[part]["command"]


def test_the_image_alone_is_the_web():
    written = dict(instructions())

    assert json.loads(written["CMD"]) == SERVICES["web"]["command"]
    assert json.loads(written["ENTRYPOINT"]) == ["/app/deploy/start"]
    assert "entrypoint" not in SERVICES["web"]


def test_the_image_is_pinned_labelled_and_no_roots():
    steps = instructions()
    bases = {text.split()[0] for word, text in steps if word == "FROM"}
    pulled = bases | {SERVICES[name]["image"] for name in ("postgres", "valkey", "caddy")}
    uv = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"][
        "required-version"
    ]

    assert {name for name in pulled if not PINNED.fullmatch(name)} == set()
    assert len(bases) == 1
    assert [text for word, text in steps if word == "USER"] == ["10001:10001"]
    assert f"uv{uv}" in " ".join(text for word, text in steps if word == "RUN")
    assert "--require-hashes" in " ".join(text for word, text in steps if word == "RUN")
    assert f"UV_VERSION := {uv.removeprefix('==')}" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert 'org.opencontainers.image.version="${VERSION}"' in dict(steps)["LABEL"]


def test_backups_are_made_by_programs_of_the_databases_version():
    (client,) = re.findall(r"postgresql-client-(\d+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))

    assert SERVICES["postgres"]["image"].startswith(f"postgres:{client}.")


def test_the_version_stands_in_one_place():
    said = subprocess.run(
        [sys.executable, "config/version.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert said.stdout.strip() == VERSION == project["version"]


@pytest.mark.parametrize(
    "name", [*(f"undersigned-{part}.service" for part in PARTS), "undersigned-backup.service"]
)
def test_every_unit_is_shut_in(name):
    service = unit(name)["Service"]

    assert {option: service.get(option) for option in SANDBOX} == SANDBOX


@pytest.mark.parametrize("part", PARTS)
def test_every_part_looks_before_it_starts_and_ends_with_its_last_task(part):
    service = unit(f"undersigned-{part}.service")["Service"]
    look = (DEPLOY / "start").read_text(encoding="utf-8").splitlines()[3]

    assert service["ExecStartPre"] == f"{PROGRAMS}{look}"
    assert service["Restart"] == "always"
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) > settings.CELERY_WORKER_GRACE_SECONDS
    assert SERVICES[part]["stop_grace_period"] == f"{service['TimeoutStopSec']}s"
    assert f"undersigned-{part}.service" in unit("undersigned.target")["Unit"]["Wants"].split()


def test_the_web_ends_a_request_that_does_not_end_before_it_is_ended_itself():
    """Whoever sends the first half of a form, and no more, would keep it from ending."""
    service = unit("undersigned-web.service")["Service"]
    waits = re.findall(r"--workers-kill-timeout=(\d+)", service["ExecStart"])

    assert [int(seconds) < int(service["TimeoutStopSec"]) for seconds in waits] == [True]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here to read its units")
def test_systemd_understands_its_units(tmp_path):
    """With programs that are here; systemd looks for each."""
    for path in UNITS.iterdir():
        text = path.read_text(encoding="utf-8").replace(PROGRAMS, f"{Path(sys.executable).parent}/")
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert [line for line in done.stderr.splitlines() if "undersigned" in line] == []


def test_proxies_write_no_line_about_anybody():
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert "exclude http.log http.handlers http.stdlib" in caddy
    assert "level WARN" in caddy
    for name in ("nginx.conf", "onion/nginx.conf"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        for server in text.split("server {")[1:]:
            assert "access_log off;" in server
            assert "error_log /dev/null emerg;" in server


def test_proxies_hand_on_whole_requests_of_the_size_that_the_site_takes():
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert re.findall(r"(?:max_size|request_buffers) (\w+)", caddy) == ["3MB", "3MB"]
    for name in ("nginx.conf", "onion/nginx.conf"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        assert "proxy_request_buffering on;" in text
        assert re.findall(r"(client_max_body_size|client_body_buffer_size) 3m;", text) == [
            "client_max_body_size",
            "client_body_buffer_size",
        ]
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE < 3_000_000


def test_proxies_say_themselves_who_came_and_how():
    for name, address in (("nginx.conf", "$remote_addr"), ("onion/nginx.conf", "$proxy_protocol_addr")):
        headers = dict(
            re.findall(r"proxy_set_header (\S+) (\S+);", (DEPLOY / name).read_text(encoding="utf-8"))
        )
        assert headers["X-Forwarded-For"] == address
        assert headers["Host"] == "$host"
        assert headers["X-Forwarded-Proto"] in {"$scheme", "http"}


def test_the_onion_ends_where_its_proxy_listens():
    torrc = (DEPLOY / "onion" / "torrc").read_text(encoding="utf-8")
    (port,) = re.findall(r"^HiddenServicePort 80 127\.0\.0\.1:(\d+)$", torrc, re.M)

    assert f"listen 127.0.0.1:{port} proxy_protocol;" in (DEPLOY / "onion" / "nginx.conf").read_text(
        encoding="utf-8"
    )
    assert "HiddenServiceExportCircuitID haproxy" in torrc


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_brackets_are_closed_and_no_registry_is_named(path):
    text = path.read_text(encoding="utf-8")

    assert text.count("{") == text.count("}")
    assert not re.search(r"(docker|quay|ghcr|gcr|index|registry)\.(io|com|org)\b|registry-1", text)
    if path.suffix == "" and text.startswith("#!"):
        assert path.stat().st_mode & stat.S_IXUSR
        subprocess.run(["sh", "-n", path], check=True)
    for line in re.findall(r"^ExecStart=(.*)", text, re.M):
        assert shlex.split(line)
