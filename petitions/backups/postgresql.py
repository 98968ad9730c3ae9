"""PostgreSQL's own programs: `pg_dump` to copy, `pg_restore` and `psql` to put back."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from django.contrib.sessions.models import Session
from django.db import Error, connection

from config.masking import masked
from petitions.backups import Refused, is_site

OURS = ("--no-owner", "--no-privileges")
STRICTLY = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose")
APPLIED = re.compile(r"^\d+\t(\w+)\t(\w+)\t", re.MULTILINE)
BUSY = re.compile("40P01|55P03")  # a deadlock, a lock that was not to be had in time
BUSY_SECONDS = 60.0
TABLES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname = current_schema() AND tableowner = current_user
"""
FUNCTIONS = ("petitions_audit_events_stay()", "petitions_pieces(text)")  # they do not go with their tables


class PostgreSQL:
    name = "PostgreSQL"
    begins = b"PGDMP"

    def is_at(self, path: Path) -> bool:
        return False

    def copy(self, folder: Path) -> BinaryIO:
        """One snapshot of everything; sessions open doors, so their rows stay out.

        Opened by number: what goes to its standard output ends with a second table of contents.
        """
        copied = TemporaryFile(dir=folder)  # noqa: SIM115 - whoever gets it closes it
        left_out = f"--exclude-table-data=*.{Session._meta.db_table}"
        number = copied.fileno()
        command = _connected("pg_dump", "--format=custom", *OURS, left_out, f"--file=/dev/fd/{number}")
        _run(*command, pass_fds=[number])
        if not is_site(_migrations(_program("pg_restore"), copied)):
            raise Refused("The copy is not whole.")
        copied.seek(0)
        return copied

    def migrations(self, path: Path) -> set[tuple[str, str]]:
        restore = _program("pg_restore")
        try:
            with path.open("rb") as backup:
                return _migrations(restore, backup)
        except Refused:
            raise Refused(f"{path} is damaged, or was made by a newer PostgreSQL.") from None

    def put_back(self, path: Path) -> None:
        """One transaction. `pg_restore --clean` would not do: it fails on tables that are newer than the backup."""
        limit = time.monotonic() + BUSY_SECONDS
        while said := _replaced_by(path):
            if not BUSY.search(said):
                raise Refused(f"The database cannot be replaced: {said}")
            if time.monotonic() > limit:
                raise Refused("The database is busy. Stop web and workers, and try again.")


def _migrations(restore: str, backup: BinaryIO) -> set[tuple[str, str]]:
    """Read to its end, and once more for these."""
    found = ""
    for wanted in (["--file=/dev/null"], ["--data-only", "--table=django_migrations", "--file=-"]):
        backup.seek(0)
        found = _run([restore, *wanted], stdin=backup)
    return set(APPLIED.findall(found))


def _replaced_by(path: Path) -> str:
    """What went wrong, empty when nothing did. Committed only when the backup was read to its end."""
    begin = _begin()
    command, environment = _connected("psql", *STRICTLY)
    read = [_program("pg_restore"), *OURS, "--no-comments", "--file=-", str(path)]
    with (
        subprocess.Popen(read, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reader,  # noqa: S603
        subprocess.Popen(  # noqa: S603
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as writer,
    ):
        assert reader.stdout
        assert writer.stdin
        with contextlib.suppress(BrokenPipeError):  # it has stopped at an error, and says which
            writer.stdin.write(begin.encode())
            shutil.copyfileobj(reader.stdout, writer.stdin)
            if reader.wait() == 0:
                writer.stdin.write(b"COMMIT;\n")
        said = writer.communicate()[1].decode(errors="replace")
    if writer.returncode:
        return _first_error(said)
    return "" if reader.returncode == 0 else "the backup could not be read to its end."


def _begin() -> str:
    """Takes all tables, or soon gives way: a second of waiting for each other would be a deadlock, and end either."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [name for (name,) in cursor.fetchall()]
    connection.close()
    names = ", ".join(tables)
    take = f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE; DROP TABLE {names} CASCADE;" if tables else ""
    take += f"DROP FUNCTION IF EXISTS {', '.join(FUNCTIONS)};"
    return f"BEGIN; SET LOCAL client_min_messages = 'warning'; SET LOCAL lock_timeout = '300ms'; {take}\n"


def _connected(name: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command, and an environment that holds the password: arguments can be read by everybody on the machine."""
    words, secrets = connection.client.settings_to_cmd_args_env(
        connection.settings_dict, ["--no-password", *arguments]
    )
    return [_program(name), *words[1:]], os.environ | (secrets or {})


def _program(name: str) -> str:
    """Of the server's version: an older one cannot copy it, and what a newer one writes it cannot always read."""
    version = _server_version()
    path = shutil.which(name)
    if path is None:
        raise Refused(f"{name} is missing. Install the client programs of PostgreSQL {version}.")
    found = int(re.findall(r"\d+", _run([path, "--version"]))[0])
    if found != version:
        raise Refused(
            f"{name} has version {found}, the server {version}. Install the client programs of PostgreSQL {version}."
        )
    return path


def _server_version() -> int:
    try:
        return connection.get_database_version()[0]
    except Error as error:
        raise Refused(f"The database does not answer: {_first_error(str(error))}") from None


def _run(
    command: list[str],
    environment: dict[str, str] | None = None,
    *,
    stdin: BinaryIO | None = None,
    pass_fds: Collection[int] = (),
) -> str:
    done = subprocess.run(  # noqa: S603
        command,
        env=environment,
        stdin=stdin or subprocess.DEVNULL,
        capture_output=True,
        pass_fds=pass_fds,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise Refused(f"{Path(command[0]).name} failed: {_first_error(done.stderr)}")
    return done.stdout


def _first_error(said: str) -> str:
    """One line without addresses; the lines after it may quote rows."""
    lines = [line for line in said.splitlines() if re.search("error|fatal", line, re.IGNORECASE)]
    return masked((lines or said.splitlines() or ["it said nothing."])[0]).strip()
