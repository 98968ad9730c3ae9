"""The one parser of letters: CommonMark without raw HTML, as a stream of tokens that is already safe."""

import re
from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

Node = dict[str, Any]  # one block or inline of the tree that text.to_tree makes

DEEPEST_INLINE = 8  # emphasis inside emphasis: CommonMark sets no limit, readers do
LOWEST_HEADING = 4
LONGEST_LINK = 2000  # what every browser and mail program still opens; the PDF refuses 8,000

# https with a plain host (no user part that looks like one), or mailto with an address and nothing else.
_LINK = re.compile(
    r"https://[a-z0-9.\[\]:-]+(?:[/?#].*)?|mailto:[^@?&\s]+@[^@?&\s]+", re.IGNORECASE | re.DOTALL
)

# Controls, embeddings and isolates that turn text around, invisible spaces, tags, halves of characters.
# The joiners U+200C and U+200D and the marks U+200E and U+200F stay: Persian, Hindi and Arabic need them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


class _Letter(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 (the name is the parser's)
        """Take every link here; the ones we do not want lose their address below and keep their words."""
        return True


_MARKDOWN = _Letter("commonmark", {"html": False})


def visible(text: str) -> str:
    """The text without characters that hide something or reorder what stands around them."""
    return _HIDDEN.sub("", text)


def parse(source: str) -> list[Token]:
    """Tokens with safe links, no images, no skipped heading level. Nesting deeper than 20 is cut off."""
    lines = visible(source.replace("\r\n", "\n").replace("\r", "\n"))
    tokens = _MARKDOWN.parse(lines)
    for token in tokens:
        token.info = ""
        token.content = visible(token.content)
        token.children = list(_clean(token.children)) if token.children else token.children
    tokens = _without_empty_headings(tokens)
    _shift_headings(tokens)
    return tokens


def render(tokens: list[Token]) -> str:
    return _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})


def _without_empty_headings(tokens: list[Token]) -> list[Token]:
    """A heading without words is nothing to look at and a trap for whoever listens."""
    kept: list[Token] = []
    for token in tokens:
        kept.append(token)
        if token.type == "heading_close" and not any(
            word.content.strip() for word in kept[-2].children or []
        ):
            del kept[-3:]
    return kept


def _shift_headings(tokens: list[Token]) -> None:
    """The page's title is the only h1: headings start at h2, and none is more than one below the last."""
    last = 1
    for token in tokens:
        if token.type == "heading_open":
            last = min(int(token.tag[1]) + 1, last + 1, LOWEST_HEADING)
            token.tag = f"h{last}"
        elif token.type == "heading_close":
            token.tag = f"h{last}"


def _clean(tokens: list[Token]) -> Iterator[Token]:
    """Drop what may not open together with what closes it; the words between them stay."""
    kept: list[bool] = []
    for place, token in enumerate(tokens):
        if token.nesting == 1:
            kept.append(len(kept) < DEEPEST_INLINE and _may_open(token))
        is_kept = kept.pop() if token.nesting == -1 else not token.nesting or kept[-1]
        if is_kept:
            yield _plain(token)
        if is_kept and token.type == "link_open" and tokens[place + 1].type == "link_close":
            yield _text(str(token.attrs["href"]))  # a link without words would be a link nobody can hear


def _may_open(token: Token) -> bool:
    if token.type != "link_open":
        return True
    address = str(token.attrs["href"])
    token.attrs = {"href": address}  # no title
    return len(address) <= LONGEST_LINK and _LINK.fullmatch(address) is not None


def _plain(token: Token) -> Token:
    """An image becomes its description: a picture from elsewhere would tell its owner who reads."""
    if token.type == "image":
        return _text("".join(child.content for child in token.children or []))
    token.content = visible(token.content)
    return token


def _text(content: str) -> Token:
    return Token("text", "", 0, content=visible(content))
