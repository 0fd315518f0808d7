"""Photos of a case, and the file behind one: asked for anew each time it is shown."""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from PIL import Image

from quanlin.cases.models import Photo
from quanlin.cases.queries.one import PhotoCard, check_may_see, photo_card, the_case
from quanlin.journal import queries as journal
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound

THUMB_SIDE = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFile:
    """Where the bytes lie. digest: SHA-256 of the whole picture."""

    path: Path
    digest: bytes


def path_of(photo: UUID) -> Path:
    """Where the file of a photo lies. The name is made of the id's own digits, nothing that anybody typed."""
    name = photo.hex
    return Path(settings.MEDIA_DIR) / "photos" / name[:2] / f"{name}.jpg"


def photos_of(number: str, *, viewer: Actor) -> tuple[PhotoCard, ...]:
    """The photos of a case that the viewer may see, oldest first. Raises NotFound, NotAllowed."""
    case = the_case(number, viewer=viewer)
    rows = list(Photo.objects.filter(case=case).order_by("at", "id"))
    if viewer.sort == "resident":
        hidden = _of_internal_notes(rows, viewer)
        rows = [r for r in rows if r.entry not in hidden]
    return tuple(photo_card(r) for r in rows)


def photo_file(photo: UUID, *, viewer: Actor, thumb: bool = False) -> PhotoFile:
    """The file of a photo whose case the viewer may see. A thumbnail is made the first time. Raises NotFound, NotAllowed."""
    check_may_see(viewer)
    row = Photo.objects.filter(pk=photo).first()
    if row is None or (viewer.sort == "resident" and row.entry in _of_internal_notes([row], viewer)):
        raise NotFound("no_photo", "没有这张照片，或不归您看。")
    path = path_of(photo)
    if not path.is_file():
        raise NotFound("photo_gone", "这张照片的文件不在了，记录还在。请联系管理员从备份里找回。")
    if thumb:
        path = _thumb(photo, path)
    return PhotoFile(path=path, digest=bytes(row.digest))


def _of_internal_notes(rows: list[Photo], viewer: Actor) -> set[int]:
    """Entries that the reporter does not see; their pictures he does not see either."""
    return {entry for entry in {r.entry for r in rows if r.stage == "note"} if not _sees(entry, viewer)}


def _sees(entry: int, viewer: Actor) -> bool:
    try:
        journal.entry(entry, viewer=viewer)
    except NotFound:
        return False
    return True


def _thumb(photo: UUID, path: Path) -> Path:
    """Made beside the picture under another name and moved into place, so that two askers do no harm."""
    small = path.with_name(f"{photo.hex}.thumb.jpg")
    if not small.is_file():
        half = small.with_name(f"{uuid4().hex}.half")
        with Image.open(path, formats=("JPEG",)) as image:
            image.draft("RGB", (THUMB_SIDE, THUMB_SIDE))
            image.thumbnail((THUMB_SIDE, THUMB_SIDE))
            try:
                image.save(half, "JPEG", quality=78)
                os.replace(half, small)
            except OSError:  # no space: the whole picture does as well
                half.unlink(missing_ok=True)
                return path
    return small
