from allauth.mfa.totp.views import activate_totp
from csp.constants import SELF
from csp.decorators import csp_update
from django.urls import path

from accounts import views

urlpatterns = [
    path("link/<str:secret>/", views.link, name="sign_in_link"),
    # There are no passwords, so there is none to set, change or reset.
    path("password/<path:rest>", views.no_such_page),
    # allauth draws the code to scan as an image inside the page.
    path(
        "2fa/totp/activate/",
        csp_update({"img-src": [SELF, "data:"]})(activate_totp),
        name="mfa_activate_totp",
    ),
]
