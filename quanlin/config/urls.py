"""Where each page lives."""

from django.urls import path

from quanlin.config.api import api
from quanlin.config.health import healthz

handler400 = "quanlin.config.errors.bad_request"
handler404 = "quanlin.config.errors.page_not_found"
handler500 = "quanlin.config.errors.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("api/v1/", api.urls),
]
