"""A release is refused where something is not as it should be, and otherwise tagged, in a repository of its own."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.deploy.shapes import DEPLOY


def _module() -> ModuleType:
    """It is no module of the product: `deploy` is a folder of files."""
    spec = importlib.util.spec_from_file_location("release", DEPLOY / "release.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = _module()


@pytest.fixture
def repository(tmp_path) -> Path:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text("#!/bin/sh\n. ./says\n")
    (tmp_path / ".ci" / "run").chmod(0o755)
    (tmp_path / "says").write_text("exit 0\n")
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-11-27)\n\n- A thing.\n"
    )
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *who, *arguments], cwd=root, capture_output=True, text=True, check=True
    ).stdout


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "A change")


@pytest.fixture(autouse=True)
def somebody(monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_NAME", "A")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "a@example.org")


def refusal(repository: Path, version: str = "1.2.3") -> str:
    with pytest.raises(release.Refused) as caught:
        release.release(repository, version)
    assert git(repository, "tag") == ""
    return str(caught.value)


def test_a_sound_tree_is_tagged_once(repository):
    assert release.release(repository, "1.2.3") == "v1.2.3"
    assert git(repository, "tag") == "v1.2.3\n"
    with pytest.raises(release.Refused, match=r"v1\.2\.3 exists"):
        release.release(repository, "1.2.3")


def test_a_tree_with_changes_is_refused(repository):
    (repository / "new").touch()

    assert "Not committed:\n?? new" in refusal(repository)


def test_a_red_tree_is_refused(repository):
    (repository / "says").write_text("exit 1\n")
    commit(repository)

    assert refusal(repository) == "Not everything passes: see above."


def test_checks_that_change_the_tree_are_no_pass(repository):
    (repository / "says").write_text("touch made\n")
    commit(repository)

    assert "?? made" in refusal(repository)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("## 1.2.4 (2026-11-27)\n\n- A thing.\n", "says nothing below “## 1.2.3"),
        ("## 1.2.3 (2026-11-27)\n\n## 1.2.2 (2026-11-01)\n\n- A thing.\n", "says nothing below “## 1.2.3"),
        ("## 1.2.3\n\n- A thing.\n", "says nothing below “## 1.2.3"),
        ("## Unreleased\n\n- Another.\n\n## 1.2.3 (2026-11-27)\n\n- A thing.\n", "lines under Unreleased"),
    ],
)
def test_a_changelog_that_does_not_tell_of_it_is_refused(repository, text, sentence):
    (repository / "CHANGELOG.md").write_text(text)
    commit(repository)

    assert sentence in refusal(repository)
