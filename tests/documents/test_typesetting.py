"""What happens around Typst: whose turn it is, and what is said when no paper comes."""

from __future__ import annotations

import ast
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from petitions.documents import typesetting
from petitions.documents.typesetting import NotSet, typeset
from petitions.faults import Busy
from tests.documents.turns import turn_taken
from tests.embedded.waiting import until

ROOT = Path(__file__).resolve().parents[2]
SIMPLE = "#set page(width: 10cm, height: 10cm)\n#sys.inputs.words"
ENDLESS = "#for each in range(100000) { for other in range(100000) { let sum = each + other } }"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "paper.typ"
    path.write_text(SIMPLE)
    return path


def typesetters() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if str(typesetting.PROGRAM) in child.cmdline()]


def test_no_other_process_ever_loads_typst():
    """It keeps what it has read and computed: 200 MB after 10,000 names."""
    files = [path for name in ("petitions", "accounts", "config") for path in (ROOT / name).rglob("*.py")]
    loading = [path.name for path in files if "typst" in loaded(path)]

    assert loading == [typesetting.PROGRAM.name]


def loaded(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_one_is_made_after_the_other(template, monkeypatch):
    with ThreadPoolExecutor(1) as aside, turn_taken():
        waiting = aside.submit(typeset, template, {"words": "Ada"}, {})
        assert not threading.Event().wait(0.3)
        assert (waiting.done(), typesetters()) == (False, [])
        monkeypatch.setattr(typesetting, "PATIENCE", 0.0)
        with pytest.raises(Busy):
            typeset(template, {"words": "Grace"}, {})
    assert waiting.result().content.startswith(b"%PDF")


def test_one_that_takes_too_long_is_ended_and_the_next_is_made(template, monkeypatch):
    template.write_text(ENDLESS)
    monkeypatch.setattr(typesetting, "SECONDS", 0.3)
    with pytest.raises(Busy):
        typeset(template, {}, {})
    monkeypatch.undo()
    assert typesetters() == []

    template.write_text(SIMPLE)
    assert typeset(template, {"words": "Ada"}, {}).content.startswith(b"%PDF")


def test_one_that_is_killed_is_said_to_be_asked_for_again(template):
    """As by a machine that has no memory left, which takes this process first."""
    template.write_text(ENDLESS)
    with ThreadPoolExecutor(1) as aside:
        asked = aside.submit(typeset, template, {}, {})
        (child,) = until(typesetters)
        until(lambda: Path(f"/proc/{child.pid}/oom_score_adj").read_text() == "1000\n")
        child.kill()
        with pytest.raises(Busy):
            asked.result()


def test_the_first_way_that_is_possible_is_taken(template):
    standards = {"pdf_standards": ["ua-1"]}  # asks for a title
    paper = typeset(template, {"words": "Ada"}, standards, {})

    assert (paper.content[:4], paper.way) == (b"%PDF", 1)
    with pytest.raises(NotSet):
        typeset(template, {"words": "Ada"}, standards)
