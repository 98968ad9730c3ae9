import json
import stat

import pytest

from tests.embedded.preparing import UNPREPARED, manage, prepare, prepared
from tests.mailserver import free_port


def test_everything_has_a_place_in_the_data_folder(short_path):
    data = short_path / "var"
    port = free_port()
    answer = json.loads(prepare("--data", str(data), "--port", str(port)).stdout)

    added = {name: answer["environment"][name] for name in answer["environment"].keys() - UNPREPARED}
    added.pop("LC_CTYPE", None)  # what Python itself sets where there is no locale
    assert added == {
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "CODES_PER_MAILBOX": "100",
        "DATABASE_URL": f"sqlite:///{data}/undersigned.sqlite3",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(answer["mail"][1]),
        "EMAIL_SECURITY": "none",
        "FIRST_DELIVERIES_HELD": "false",
        "KEYS_DIR": f"{data}/keys",
        "LOG_FORMAT": "text",
        "MAILBOX_SOCKET": f"{data}/run/mailbox.sock",
        "REDIS_URL": f"unix://{data}/run/valkey.sock",
        "SECOND_FACTOR_REQUIRED": "false",
        "SECRET_KEY_FILE": f"{data}/secret_key",
        "SITE_URL": f"http://localhost:{port}",
        "STATIC_ROOT": f"{data}/static",
    }


@pytest.mark.parametrize(
    "given", [{"SITE_URL": "https://letters.example"}, {"SECOND_FACTOR_REQUIRED": "true"}]
)
def test_a_second_step_is_only_offered_where_nobody_else_comes(given, short_path):
    answer = prepared(short_path, **given)

    assert answer["environment"].get("SECOND_FACTOR_REQUIRED") == given.get("SECOND_FACTOR_REQUIRED")


def test_nobody_else_may_look_into_the_data_folder(short_path):
    prepared(short_path / "var")

    paths = [short_path / "var", *(short_path / "var").rglob("*")]
    assert [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_a_second_start_keeps_the_secret(short_path):
    prepared(short_path)
    secret = (short_path / "secret_key").read_text()
    prepared(short_path)

    assert (short_path / "secret_key").read_text() == secret


def test_a_broker_of_the_users_own_is_left_alone(short_path):
    answer = prepared(short_path, REDIS_URL="redis://broker.example/3")

    assert answer["broker"] is None
    assert answer["environment"]["REDIS_URL"] == "redis://broker.example/3"


def test_a_mail_server_of_the_users_own_is_left_alone(short_path):
    answer = prepared(short_path, EMAIL_HOST="mail.example", EMAIL_PORT="587")

    assert answer["mail"] is None
    assert answer["environment"]["EMAIL_PORT"] == "587"
    assert answer["environment"].keys() & {"MAILBOX_SOCKET", "CODES_PER_MAILBOX", "EMAIL_SECURITY"} == set()


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY", "REDIS_URL"])
def test_a_secret_of_the_users_own_may_come_from_a_file(name, short_path):
    answer = prepared(short_path, **{f"{name}_FILE": "/run/secrets/one"})

    assert name not in answer["environment"]
    assert answer["environment"][f"{name}_FILE"] == "/run/secrets/one"


def test_what_the_user_has_set_wins(short_path):
    chosen = {"SITE_URL": "https://letters.example", "KEYS_DIR": "/keys", "ALLOWED_HOSTS": "letters.example"}

    assert prepared(short_path, **chosen)["environment"].items() >= chosen.items()


def test_a_path_with_odd_signs_survives_the_urls(short_path):
    environment = prepared(short_path / "a b#c%20?d")["environment"]

    assert environment["DATABASE_URL"] == f"sqlite:///{short_path}/a%20b%23c%2520%3Fd/undersigned.sqlite3"
    assert environment["REDIS_URL"] == f"unix://{short_path}/a%20b%23c%2520%3Fd/run/valkey.sock"


def test_others_are_let_in_with_a_mail_server(short_path):
    assert prepared(short_path, "--host", "0.0.0.0", EMAIL_HOST="mail.example")["mail"] is None


def test_localhost_is_the_address_it_stands_for(short_path):
    assert prepared(short_path, "--host", "localhost")["host"] == "127.0.0.1"


def test_other_commands_find_the_site_that_up_made(short_path):
    port = free_port()
    prepare("--data", str(short_path), "--port", str(port))

    borrowed = manage("organizer", "ada@example.org", DATA=str(short_path))

    assert "no such table" in borrowed.stderr  # it found the database, which nothing has migrated yet
    assert manage("check", DATA=str(short_path)).returncode == 0


def test_other_commands_without_a_site_say_what_is_missing(short_path):
    refused = manage("check", DATA=str(short_path / "nothing"))

    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "The environment is not complete (see .env.example):",
        "  SECRET_KEY: Environment variable not set.",
        "  KEYS_DIR: Environment variable not set.",
        "  DATABASE_URL: Environment variable not set.",
        "  REDIS_URL: Environment variable not set.",
    ]
