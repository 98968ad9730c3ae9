"""What this machine and its environment give: settings, the folder of keys, room on disk, fonts."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path

import django
from django.conf import settings
from django.core import checks
from django.utils import timezone
from django.utils.translation import gettext as _

from config.refusals import is_here
from config.version import VERSION
from petitions.doctor.findings import Wrong
from petitions.documents.pdf import LetterDocument, letter_pdf

FOR_OTHERS = 0o077  # rights that nobody but the owner is to have
LEAST_PART, LEAST_BYTES = 0.05, 500_000_000
SHIPPED = ["Zoë Ångström", "Ωμέγα", "Żaneta", "Юрий"]
FROM_THE_MACHINE = ["李雷", "さくら", "김민준", "عمر", "שרה", "आरती", "สมชาย"]


def version() -> str:
    return f"Undersigned {VERSION}, Django {django.__version__}, Python {platform.python_version()}"


def configuration() -> str:
    wrong = [*_settings(), *_system()]
    if wrong:
        raise Wrong(" ".join(wrong))
    return _("%(url)s is complete.") % {"url": settings.SITE_URL}


def keys() -> str:
    folder = settings.KEYS_DIR
    if not folder.is_dir():
        raise Wrong(
            _("KEYS_DIR, %(folder)s, is no folder. Make it, readable by this user alone.") % _at(folder)
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise Wrong(
            _("KEYS_DIR, %(folder)s, cannot be written by this user. Change its owner.") % _at(folder)
        )
    open_ones = [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & FOR_OTHERS]
    if open_ones:
        sentence = _("Others on this machine can read %(path)s. Run: chmod -R go= %(folder)s")
        raise Wrong(sentence % {"path": open_ones[0], "folder": folder})
    return _("%(folder)s is for this user alone.") % _at(folder)


def disk() -> str:
    rooms = {folder: shutil.disk_usage(folder) for folder in written().values()}
    for folder, room in rooms.items():
        if room.free < max(LEAST_BYTES, room.total * LEAST_PART):
            raise Wrong(_("Only %(free)s GB are free in %(folder)s. Make room.") % _free(folder, room.free))
    folder, least = min(rooms.items(), key=lambda item: item[1].free)
    return _("%(free)s GB are free in %(folder)s.") % _free(folder, least.free)


def fonts() -> str:
    if not _prints(SHIPPED):
        raise Wrong(
            _("The fonts that come with the PDF's program are missing. Install the package typst anew.")
        )
    if not _prints(FROM_THE_MACHINE):
        return _(
            "Latin, Greek and Cyrillic are there. Other scripts would be printed as boxes: where signers use them, "
            "install fonts such as Noto."
        )
    return _("Every script that was tried is printed.")


def _settings() -> Iterator[str]:
    """What else is wrong with them lets nothing start: see config/refusals.py."""
    for name in ("DEFAULT_FROM_EMAIL", "CODE_FROM_EMAIL"):
        domain = parseaddr(getattr(settings, name))[1].rpartition("@")[2]
        if settings.EMAIL_HOST and not is_here(settings.SITE_URL) and domain in ("", "localhost"):
            yield _("%(name)s has no address that others could answer to: set it.") % {"name": name}


def _system() -> Iterator[str]:
    """What Django finds; about an encrypted site also what it asks of one."""
    for message in checks.run_checks(include_deployment_checks=settings.IS_HTTPS):
        if message.level >= checks.WARNING and not message.is_silenced():
            yield f"{message.msg} {message.hint or ''}".strip()


def written() -> dict[str, Path]:
    """Where this site writes; PostgreSQL's disk is on a machine of its own."""
    folders = {"keys": settings.KEYS_DIR if settings.KEYS_DIR.is_dir() else Path.cwd()}
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and Path(database["NAME"]).parent.is_dir():
        folders["database"] = Path(database["NAME"]).parent
    return folders


def _prints(names: list[str]) -> bool:
    """Whether there is a glyph for each character."""
    today = timezone.localdate()
    page = LetterDocument(
        title="Fonts",
        salutation_lines=[],
        body=[],
        demands=[],
        signing_line="Fonts",
        count_lines=[],
        signatories=names,
        more=[],
        dated=today,
        day=str(today),
        version_sha256="",
        snapshot_sha256="",
        url=settings.SITE_URL,
    )
    return letter_pdf(page).is_archival


def _at(folder: Path) -> dict[str, object]:
    return {"folder": folder}


def _free(folder: Path, free: int) -> dict[str, object]:
    return {"free": f"{free / 1e9:.1f}", "folder": folder}
