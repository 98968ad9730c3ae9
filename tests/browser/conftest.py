from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.mailserver import CODE, free_port
from tests.promises.processes import ROOT, until

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
NEWCOMERS = {
    "SECRET_KEY",
    "KEYS_DIR",
    "DATABASE_URL",
    "REDIS_URL",
    "SITE_URL",
    "ALLOWED_HOSTS",
    "STATIC_ROOT",
}
OPEN, CLOSED = "ask-before-you-watch-us", "facial-recognition-2018"  # the sample letters
PICTURES = ROOT / "docs" / "pictures"
Picture = Callable[[Page, str], None]
PATIENCE = 30_000  # milliseconds; the machine may be busy
WIDTHS = {"phone": (360, 740), "desktop": (1280, 800)}


expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM or os.environ.get("BROWSER") == "required":
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@dataclass
class Embedded:
    """What `make run` starts."""

    url: str
    process: subprocess.Popen[str]
    data: Path
    environment: dict[str, str]

    def run(self, program: str) -> None:
        """Python beside the running site, with its database and keys."""
        command = [sys.executable, "manage.py", "shell", "--verbosity=0", f"--command={program}"]
        subprocess.run(
            command, cwd=ROOT, env=self.environment | {"DATA": str(self.data)}, check=True, timeout=60
        )

    def mails(self) -> list[dict[str, Any]]:
        """As the mailbox page tells them to programs: newest first."""
        request = urllib.request.Request(f"{self.url}/mailbox/", headers={"Accept": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        return [mail for mail in self.mails() if mail["to"] == address]


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """`manage.py up` as a newcomer starts it: no setting, an empty folder, the sample letters."""
    place, port = tmp_path_factory.mktemp("embedded"), free_port()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in NEWCOMERS and not name.startswith(("EMAIL_", "TEST_", "DJANGO_", "CODE", "DEFAULT_"))
    }
    command = [sys.executable, "manage.py", "up", "--port", str(port), "--data", str(place / "var")]
    log = (place / "up.log").open("w+")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, text=True)
    running = Embedded(f"http://localhost:{port}", process, place / "var", environment)
    try:
        until(lambda: "Ctrl-C stops everything" in (place / "up.log").read_text(), 120)
        yield running
    finally:
        process.terminate()
        process.wait(60)
        log.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is required here and not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser said against a page, and every request that left the site."""
    return []


@pytest.fixture
def open_context(chromium, embedded, complaints) -> Iterator[Any]:
    """A fresh browser profile: `open_context(width="phone", script=False)`."""
    contexts: list[BrowserContext] = []

    def opened(width: str = "desktop", *, script: bool = True, **options: Any) -> Page:
        wide, high = WIDTHS[width]
        context = chromium.new_context(
            base_url=embedded.url,
            viewport={"width": wide, "height": high},
            java_script_enabled=script,
            **options,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complain(complaints, message))
        page.on("request", lambda request: watch(complaints, request.url, embedded.url))
        return page

    yield opened
    for context in contexts:
        context.close()


def complain(complaints: list[str], message: Any) -> None:
    """Every warning of the browser counts, save that a refused form is no 2xx."""
    if message.type in ("error", "warning") and "status of 4" not in message.text:
        complaints.append(message.text)


def watch(complaints: list[str], url: str, site: str) -> None:
    if not url.startswith((site, "data:", "about:", "blob:")):
        complaints.append(f"foreign request: {url}")


@pytest.fixture(scope="session")
def code_for(embedded):
    """The newest code sent to an address, once there are this many of its mails."""

    def newest(address: str, *, number: int = 1) -> str:
        mails = until(lambda: mails if len(mails := embedded.mails_to(address)) >= number else [])
        match = CODE.search(mails[0]["text"])
        assert match, mails[0]["text"]
        return match[1]

    return newest


@pytest.fixture
def arguments(embedded) -> dict[str, object]:
    """A value for each argument that an address takes."""
    with urllib.request.urlopen(f"{embedded.url}/letters/{CLOSED}/signatures/", timeout=60) as answer:
        name = re.search(r"signatures/([\w-]{36})/takedown", answer.read().decode())[1]
    mail = max(until(embedded.mails), key=lambda mail: (len(mail["attachments"]), bool(mail["html"])))
    return {"slug": OPEN, "pk": name, "secret": "of-nobody", "key": mail["key"], "number": 0}


@pytest.fixture
def picture() -> Picture:
    """For the organizers' guide: taken anew by `make pictures`, and there in every other run."""

    def taken(page: Page, name: str) -> None:
        if os.environ.get("PICTURES"):
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
        assert (PICTURES / f"{name}.png").is_file()

    return taken
