from django.urls import path

from accounts import views

urlpatterns = [path("link/<str:secret>/", views.link, name="sign_in_link")]
