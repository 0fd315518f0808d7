"""Where each page lives."""

from django.urls import path

from quanlin.boards import web as boards
from quanlin.cases import web as cases
from quanlin.config import faces
from quanlin.config.api import api
from quanlin.config.health import healthz
from quanlin.notices import web as notices
from quanlin.people import web as people
from quanlin.places import web as places
from quanlin.staff import web as staff

handler400 = "quanlin.config.errors.bad_request"
handler404 = "quanlin.config.errors.page_not_found"
handler429 = "quanlin.config.errors.too_many"
handler500 = "quanlin.config.errors.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("api/v1/", api.urls),
    *faces.pages,
    *staff.pages,
    *people.pages,
    *places.pages,
    *notices.pages,
    *boards.pages,
    *cases.pages,
]
