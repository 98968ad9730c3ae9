"""The API as a whole, and the page for people that is made of its OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer

from petitions.api import answers, cursors, docs, schemas

View = TypeVar("View", bound=Callable[..., Any])
DESCRIPTION = (
    "Letters, their signatures and their numbers: what everybody may see, and nothing else. "
    "Read only, without a key; scripts of other sites may read it."
)


class Renderer(JSONRenderer):
    json_dumps_params = {"ensure_ascii": False}


class Page(DocsBase):
    """Instead of a script from another site."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        return render(request, "api/docs.html", docs.told(api.get_openapi_schema()))


class ReadOnlyAPI(NinjaAPI):
    def reads(
        self, path: str, shape: type[schemas.Shape], *, name: str, errors: tuple[int, ...] = (404,)
    ) -> Any:
        """GET and HEAD of an address that answers in this shape."""
        responses = {200: shape} | dict.fromkeys(errors, schemas.Problem)

        def registered(view: View) -> View:
            options: dict[str, Any] = {"response": responses, "url_name": name}
            self.api_operation(["HEAD"], path, include_in_schema=False, **options)(view)
            return self.get(path, operation_id=name, **options)(view)

        return registered

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Problems have a media type of their own, which the framework does not know."""
        schema = super().get_openapi_schema(**options)
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if status >= 400:
                        answer["content"] = {answers.PROBLEM: answer["content"]["application/json"]}
        return schema


api = ReadOnlyAPI(
    title="Undersigned",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    servers=[{"url": settings.SITE_URL}],
    renderer=Renderer(),
    docs=Page(),
)


@api.exception_handler(cursors.NotACursor)
def not_a_cursor(request: HttpRequest, fault: cursors.NotACursor) -> HttpResponse:
    return answers.problem(400)


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    """A slug that cannot be one belongs to no letter."""
    is_slug = any(error["loc"][0] == "path" for error in fault.errors)
    return answers.problem(404 if is_slug else 400)
