"""``/photo/{uuid}``: one photo, through permission each time."""

from typing import BinaryIO
from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.urls import path
from django.views.decorators.http import require_safe

from quanlin.cases import queries
from quanlin.kit.errors import NotFound


@require_safe
def photo(request: HttpRequest, photo: UUID) -> FileResponse:
    """The picture, or a small one with ``?size=thumb``. No cache keeps it: who may see it can change."""
    thumb = request.GET.get("size") == "thumb"
    found = queries.photo_file(photo, viewer=request.actor, thumb=thumb)
    response = FileResponse(_opened(found), content_type="image/jpeg")
    response["Content-Disposition"] = f'inline; filename="{photo.hex}.jpg"'
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _opened(found: queries.PhotoFile) -> BinaryIO:
    try:
        return found.path.open("rb")
    except OSError:
        raise NotFound("photo_gone", "这张照片的文件不在了，记录还在。请联系管理员从备份里找回。") from None


pages = [path("photo/<uuid:photo>", photo, name="photo")]
