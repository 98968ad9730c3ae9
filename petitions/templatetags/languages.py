"""Addresses that keep the language of the reader's link. Built into every template: `{% url %}` is this one."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse_url

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
