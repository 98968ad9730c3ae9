"""What organizers write, Markdown, as a page shows it, as a mail says it, and as a tree for the PDF."""

from collections.abc import Iterable

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from markdown_it.token import Token

from petitions.documents import markdown, plain
from petitions.documents.markdown import Node

WIDTH = 72
BEGINNING = 200  # characters: as many as programs show of a page that somebody links to

_CLEANER = nh3.Cleaner(
    tags={
        "p",
        "br",
        "em",
        "strong",
        "ul",
        "ol",
        "li",
        "blockquote",
        "h2",
        "h3",
        "h4",
        "hr",
        "code",
        "pre",
        "a",
    },
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"https", "mailto"},
    url_relative="deny",
    link_rel="noreferrer nofollow noopener",
)

_NAMES = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "item",
    "blockquote_open": "quote",
    "code_block": "code",
    "fence": "code",
    "hr": "rule",
    "text": "text",
    "softbreak": "text",
    "hardbreak": "break",
    "code_inline": "code",
    "strong_open": "strong",
    "em_open": "emphasis",
    "link_open": "link",
}

HOLDS_WORDS = {"paragraph", "strong", "emphasis", "link"}  # what stands beside each other in a line


def to_html(source: str) -> SafeString:
    """Safe to show unescaped: the parser makes no raw HTML, and the cleaner would stop it if it did."""
    return mark_safe(_CLEANER.clean(markdown.render(markdown.parse(source))))  # noqa: S308 - just cleaned


def to_tree(source: str) -> list[Node]:
    """Blocks and inlines as plain data. What contains others has `children`, what is words has `text`."""
    return _nest(markdown.parse(source))


def to_text(source: str) -> str:
    """Plain text, wrapped for mail."""
    return "\n".join(plain.lines(to_tree(source), WIDTH))


def beginning(source: str) -> str:
    """The first words, in one line and without marks. A long text is not read to its end for them."""
    blocks = to_tree(source[: 10 * BEGINNING])
    words = " ".join(_words(block) for block in blocks if block["type"] != "heading").split()
    return Truncator(" ".join(words)).chars(BEGINNING)


def _words(node: Node) -> str:
    if node["type"] == "break":
        return " "
    between = "" if node["type"] in HOLDS_WORDS else " "
    return str(node.get("text", "")) + between.join(map(_words, node.get("children", [])))


def _nest(tokens: Iterable[Token]) -> list[Node]:
    open_nodes: list[Node] = [{"children": []}]
    for token in tokens:
        if token.type == "inline":
            open_nodes[-1]["children"] = _nest(token.children or [])
        elif token.nesting == -1:
            open_nodes.pop()
        else:
            node = _node(token)
            open_nodes[-1]["children"].append(node)
            if token.hidden:  # a paragraph without tags: its list is a tight one
                open_nodes[-2]["tight"] = True
            if token.nesting == 1:
                open_nodes.append(node)
    return open_nodes[0]["children"]


def _node(token: Token) -> Node:
    node: Node = {"type": _NAMES[token.type]}
    if token.nesting == 1:
        node["children"] = []
    if token.type == "heading_open":
        node["level"] = int(token.tag[1]) - 1
    elif node["type"] == "list":
        start = int(token.attrs.get("start", 1))
        node |= {"ordered": token.type == "ordered_list_open", "start": start, "tight": False}
    elif token.type == "link_open":
        node["url"] = token.attrs["href"]
    elif node["type"] in ("text", "code"):
        node["text"] = " " if token.type == "softbreak" else token.content
    return node
