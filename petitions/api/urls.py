from django.urls import path

from petitions.api import views

urlpatterns = [
    path("letters/<slug:slug>/bundle/", views.bundle, name="bundle"),
]
