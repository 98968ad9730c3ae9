"""The OpenAPI document as people read it: each address with what it takes, each shape with its fields."""

from __future__ import annotations

from typing import Any

from django.conf import settings


def told(schema: dict[str, Any]) -> dict[str, Any]:
    """What the page shows."""
    shapes = schema["components"]["schemas"]
    return {
        "description": schema["info"]["description"],
        "site_url": settings.SITE_URL,
        "addresses": [_address(path, each["get"]) for path, each in schema["paths"].items()],
        "shapes": [_shape(name, shape) for name, shape in shapes.items()],
    }


def _address(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": path,
        "name": operation["operationId"],
        "description": operation["description"],
        "parameters": operation["parameters"],
        "answers": [
            {"status": status, "shape": _answered(answer)}
            for status, answer in operation["responses"].items()
        ],
    }


def _answered(answer: dict[str, Any]) -> str:
    (content,) = answer["content"].values()
    return _named(content["schema"])


def _shape(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    fields = [
        {
            "name": field,
            "kind": _kind(what),
            "shape": _named(what),
            "description": what.get("description", ""),
        }
        for field, what in shape["properties"].items()
    ]
    return {"name": name, "description": shape.get("description", ""), "fields": fields}


def _named(what: dict[str, Any]) -> str:
    """The shape that it is, or consists of."""
    what = what.get("items", what)
    return str(what.get("$ref", "")).rpartition("/")[2]


def _kind(what: dict[str, Any]) -> str:
    """In words."""
    if "anyOf" in what:
        return " or ".join(map(_kind, what["anyOf"]))
    if "enum" in what:
        return "one of: " + ", ".join(what["enum"])
    if "const" in what:
        return f"always {what['const']}"
    if what.get("type") == "array":
        return f"list of {_kind(what['items'])}"
    if what.get("type") == "object":
        return f"{_kind(what['additionalProperties'])} by name"
    return str(_named(what) or what.get("format") or what["type"])
