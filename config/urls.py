from django.urls import include, path

from petitions.admin.site import workspace

# In the order in which many ask for them: addresses are looked for from above.
urlpatterns = [
    path("", include("petitions.urls")),
    path("admin/", workspace.urls),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("petitions.api.urls")),
]

handler400 = "petitions.views.errors.malformed"
handler403 = "petitions.views.errors.forbidden"
handler404 = "petitions.views.errors.not_found"
handler500 = "petitions.views.errors.broken"
