"""Addresses that keep the language of the reader's link, and what is the same on every page in one language.

Built into every template: `{% url %}` is this one.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse_url
from django.utils.translation import get_language

from petitions import languages

register = template.Library()


class CarryingURLNode(URLNode):
    """Django's `{% url %}`; its address has the reader's language."""

    def render(self, context: template.Context) -> str:
        address = super().render(context)
        if self.asvar is None:
            return languages.carried(address)
        context[self.asvar] = languages.carried(context[self.asvar])
        return ""


@register.tag
def url(parser: Parser, token: Token) -> CarryingURLNode:
    parsed = parse_url(parser, token)
    return CarryingURLNode(parsed.view_name, parsed.args, parsed.kwargs, parsed.asvar)


class SameNode(template.Node):
    """Rendered once for each language, and out of sight of everything else that a page knows."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self._rendered: dict[tuple[str | None, str], str] = {}

    def render(self, context: template.Context) -> str:
        language = get_language(), languages.named()
        if language not in self._rendered:
            empty = template.Context()
            assert context.template
            with empty.bind_template(context.template):
                self._rendered[language] = self.nodelist.render(empty)
        return self._rendered[language]


@register.tag
def same(parser: Parser, _token: Token) -> SameNode:
    """`{% same %}` … `{% endsame %}`: frames of pages took a third of the time of a page of names."""
    nodes = parser.parse(("endsame",))
    parser.delete_first_token()
    return SameNode(nodes)


@register.filter
def carried(address: str) -> str:
    """For an address that was not made by `{% url %}`."""
    return languages.carried(address)


@register.simple_tag
def named_language() -> str:
    """What a form that is sent by GET has to repeat, since its fields replace the address's."""
    return languages.named()


@register.simple_tag(takes_context=True)
def other_languages(context: dict[str, Any]) -> list[dict[str, str]]:
    """Links to the same page in the site's other languages; none where there is but one."""
    return languages.others(context["request"]) if "request" in context else []
