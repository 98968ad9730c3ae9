"""All that is answered below `/api/v1/`, errors as well, is for everybody."""

from django.urls import path, re_path

from petitions.api import answers, views

patterns, application, namespace = views.api.urls
patterns.append(re_path("", answers.nothing))
for pattern in patterns:
    if pattern.callback:
        pattern.callback = answers.to_everybody(pattern.callback)

urlpatterns = [path("", (patterns, application, namespace))]
