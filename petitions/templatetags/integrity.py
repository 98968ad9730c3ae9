"""The hash that a browser compares a script with before it runs it (Subresource Integrity)."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders

register = template.Library()


@register.simple_tag
@lru_cache
def integrity(name: str) -> str:
    """Of the file as it stands in the repository, whatever is served."""
    path = finders.find(name)
    if not isinstance(path, str):
        raise template.TemplateSyntaxError(f"There is no static file {name}.")
    return f"sha384-{base64.b64encode(hashlib.sha384(Path(path).read_bytes()).digest()).decode()}"
