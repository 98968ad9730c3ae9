"""What axe-core finds on a page, and whether it fits: in every width, colour, direction and size of text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Four looks have every pair of width, colours and direction.
LOOKS = [(360, "light", "ltr"), (360, "dark", "rtl"), (1280, "light", "rtl"), (1280, "dark", "ltr")]
# Width, direction and size of the text.
TIGHT = [
    (width, direction, text)
    for width, text in [(360, "100%"), (320, "100%"), (360, "200%")]
    for direction in ("ltr", "rtl")
]
# A framed mail is a document of its own.
FIND = """([rules, preload]) => axe.run(
    {runOnly: rules, resultTypes: ["violations"], iframes: false, preload}
).then(
    ({violations}) => violations.flatMap(({id, nodes}) => nodes.map(
        ({target, failureSummary}) => `${id} at ${target}: ${failureSummary.replace(/\\s+/g, " ")}`
    ))
)"""
OPEN = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
FOLD = "document.querySelectorAll('details').forEach((part) => { part.open = false; })"
TURN = """direction => Object.assign(
    document.documentElement, {dir: direction, lang: direction === "rtl" ? "ar" : "en"}
)"""
WRITE = "size => { document.documentElement.style.fontSize = size; }"
SETTLE = "Promise.allSettled(document.getAnimations().map((change) => change.finished))"  # links fade
IS_WIDER = "document.documentElement.scrollWidth > window.innerWidth"


def findings(page: Page, *, directions: tuple[str, ...] = ("ltr", "rtl"), preload: bool = True) -> list[str]:
    """On the page that is open, as it is, and unfolded. The policy of the site stays in force.

    Styles that import others axe writes into the page, which the policy forbids: without `preload` it does not.
    """
    size = page.viewport_size
    page.evaluate(SOURCE)
    page.evaluate(OPEN)
    looks, tight = ([look for look in all_ if {*look} & {*directions}] for all_ in (LOOKS, TIGHT))
    found = [f"{look}: {what}" for look in looks for what in _found(page, *look, preload)]
    found += [f"{look}: wider than the screen" for look in tight if _is_too_wide(page, *look)]
    _look(page, size["width"] if size else 1280, "ltr")
    page.evaluate(FOLD)
    return found


def _found(page: Page, width: int, colours: Any, direction: str, preload: bool) -> list[str]:
    _look(page, width, direction)
    page.emulate_media(color_scheme=colours)
    page.evaluate(SETTLE)
    return page.evaluate(FIND, [RULES, preload])


def _is_too_wide(page: Page, width: int, direction: str, text: str) -> bool:
    _look(page, width, direction)
    page.evaluate(WRITE, text)
    is_wider = page.evaluate(IS_WIDER)
    page.evaluate(WRITE, "")
    return is_wider


def _look(page: Page, width: int, direction: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(TURN, direction)
