from django.urls import include, path

from petitions.admin.site import workspace

urlpatterns = [
    path("admin/", workspace.urls),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("petitions.api.urls")),
    path("", include("petitions.urls")),
]

handler400 = "petitions.views.errors.malformed"
handler403 = "petitions.views.errors.forbidden"
handler404 = "petitions.views.errors.not_found"
handler500 = "petitions.views.errors.broken"
