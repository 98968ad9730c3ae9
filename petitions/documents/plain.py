"""The tree as plain text: lists with - or 1., quotes with >, links with their address behind them."""

import textwrap

from petitions.documents.markdown import Node

NARROWEST = 24  # deep lists stop shrinking here


def lines(blocks: list[Node], width: int, *, tight: bool = False) -> list[str]:
    found: list[str] = []
    for block in blocks:
        if found and not tight:
            found.append("")
        found += _block(block, max(width, NARROWEST))
    return found


def _block(block: Node, width: int) -> list[str]:
    match block["type"]:
        case "list":
            return _list(block, width)
        case "quote":
            return [f"> {line}".rstrip() for line in lines(block["children"], width - 2)]
        case "code":
            return [f"    {line}".rstrip() for line in block["text"].rstrip("\n").split("\n")]
        case "rule":
            return ["* * *"]
        case "heading":
            words = _wrapped(block, width)
            return [*words, "-" * max(map(len, words), default=0)]
    return _wrapped(block, width)


def _list(block: Node, width: int) -> list[str]:
    found: list[str] = []
    for number, item in enumerate(block["children"], start=block["start"]):
        marker = f"{number}. " if block["ordered"] else "- "
        inside = lines(item["children"], width - len(marker), tight=block["tight"]) or [""]
        if found and not block["tight"]:
            found.append("")
        indented = [" " * len(marker) + line for line in inside[1:]]
        found += [line.rstrip() for line in (marker + inside[0], *indented)]
    return found


def _wrapped(block: Node, width: int) -> list[str]:
    wrap = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False).wrap
    return [line for part in _words(block["children"]).split("\n") for line in wrap(part)]


def _words(inlines: list[Node]) -> str:
    return "".join(_inline(node) for node in inlines)


def _inline(node: Node) -> str:
    match node["type"]:
        case "break":
            return "\n"
        case "strong":
            return f"*{_words(node['children'])}*"
        case "emphasis":
            return f"_{_words(node['children'])}_"
        case "link":
            return _link(_words(node["children"]), node["url"].removeprefix("mailto:"))
    return node["text"]


def _link(words: str, address: str) -> str:
    return words if words == address else f"{words} ({address})"
