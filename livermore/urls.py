"""Every address that this server answers."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from livermore.api import api
from runtime.live.health import healthz, readyz
from runtime.live.metrics import metrics
from runtime.live.pages import status_page

handler400 = "livermore.error_pages.bad_request"
handler403 = "livermore.error_pages.forbidden"
handler404 = "livermore.error_pages.not_found"
handler500 = "livermore.error_pages.server_error"

urlpatterns = [
    path("", status_page, name="status"),
    path(
        "login/",
        LoginView.as_view(template_name="livermore/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
