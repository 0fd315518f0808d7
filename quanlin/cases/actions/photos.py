"""Pictures: re-encoded without EXIF and position, capped, private; a file stands before its row is committed."""

import io
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from PIL import Image, ImageOps, UnidentifiedImageError

from quanlin.cases import facts
from quanlin.cases.actions.recording import fact_of
from quanlin.cases.models import Case, Photo
from quanlin.cases.queries.one import the_case
from quanlin.cases.queries.photos import path_of
from quanlin.journal.actions import record
from quanlin.kit import clock
from quanlin.kit.actor import Actor
from quanlin.kit.errors import Refused
from quanlin.staff import rules as staff

LARGEST_BYTES = 10 * 1024 * 1024
LARGEST_PIXELS = 40_000_000
LONGEST_SIDE = 2048
MOST_PHOTOS = 9
FORMATS = ("JPEG", "PNG", "WEBP")

_one_at_a_time = threading.Lock()
"""Forty million pixels are 120 MB: a process decodes one picture at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture ready to be kept: JPEG bytes of at most LONGEST_SIDE pixels a side."""

    jpeg: bytes
    width: int
    height: int


def prepare(data: bytes, *, name: str = "") -> Picture:
    """Decode and encode anew, so that nothing but pixels is left. Outside the transaction. Raises Refused."""
    what = f"照片「{name[:40]}」没传上去：" if name else "照片没传上去："
    if len(data) > LARGEST_BYTES:
        raise Refused("photo_too_big", f"{what}超过 10 MB。换一张或压缩后再传。", field="photos")
    try:
        with _one_at_a_time, Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise Refused("photo_too_big", f"{what}像素太多。换一张或压缩后再传。", field="photos")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # before anything that copies the pixels
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused(
            "photo_broken", f"{what}打不开，或不是 JPG、PNG、WebP。换一张试试。", field="photos"
        ) from None
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=82, optimize=True)
    return Picture(jpeg=out.getvalue(), width=clean.width, height=clean.height)


def keep_photos(
    pictures: Sequence[Picture], *, case: Case, entry: int, stage: str, actor: Actor
) -> list[UUID]:
    """Write the files, then their rows, in the caller's transaction. A file without a row is swept up later."""
    if len(pictures) > MOST_PHOTOS:
        raise Refused("too_many_photos", f"一次最多 {MOST_PHOTOS} 张照片。", field="photos")
    rows = []
    for picture in pictures:
        photo = uuid4()
        _write(path_of(photo), picture.jpeg)
        rows.append(
            Photo(
                id=photo,
                case=case,
                place=case.place,
                entry=entry,
                stage=stage,
                digest=sha256(picture.jpeg).digest(),
                width=picture.width,
                height=picture.height,
                bytes=len(picture.jpeg),
                account=actor.account,
                at=clock.now(),
            )
        )
    if rows:
        Photo.objects.bulk_create(rows)
    return [r.id for r in rows]


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        path.unlink(missing_ok=True)
        raise Refused(
            "disk", "照片没存上：服务器的空间不够了。先不带照片提交，回头再补。", field="photos"
        ) from fault


def add_photos(*, case: Case, pictures: Sequence[Picture], actor: Actor, stage: str = "report") -> list[UUID]:
    """Add pictures to a case: those of the report, or more later. The caller has asked whether the actor may."""
    if not pictures:
        return []
    entry = record(fact_of(case, facts.PhotosAdded, photos=len(pictures)), actor=actor)
    return keep_photos(pictures, case=case, entry=entry, stage=stage, actor=actor)


def attach_photos(*, number: str, pictures: Sequence[Picture], actor: Actor) -> list[UUID]:
    """Add pictures to a case that the actor may write on. Raises NotFound, NotAllowed, Refused."""
    case = the_case(number, viewer=actor)
    staff.check(
        actor, "case.note", staff.Resource(place=case.place, units=tuple(case.units), owner=case.reporter)
    )
    if not pictures:
        raise Refused("empty", "没有收到照片。请选 1 到 9 张。", field="photos")
    stage = "report" if actor.sort == "resident" and case.state == "reported" else "more"
    return add_photos(case=case, pictures=pictures, actor=actor, stage=stage)


def photo_since(case: Case, moment: datetime, actor: Actor) -> bool:
    """Whether the actor added a picture to the case since the moment."""
    return Photo.objects.filter(case=case, account=actor.account, at__gte=moment).exists()
