"""Pictures for tests: made here, harmless and hostile."""

import io
import struct
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from PIL import Image

from tests import agreed
from tests.asking import Asker

GPS_INFO = 0x8825


def jpeg(
    width: int = 120, height: int = 90, *, colour: str = "teal", exif: Image.Exif | None = None
) -> bytes:
    """A JPEG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG", **({"exif": exif} if exif else {}))
    return out.getvalue()


def jpeg_with_position() -> bytes:
    """A JPEG that tells where and with what it was taken, turned on its side."""
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif[0x0112] = 6  # turn by 90 degrees
    exif[0x9286] = "a comment with a name"
    exif.get_ifd(GPS_INFO).update({1: "N", 2: (36.0, 39.0, 12.0), 3: "E", 4: (117.0, 1.0, 5.0)})
    return jpeg(exif=exif)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


def upload(asker: Asker, number: str, *pictures: bytes, names: tuple[str, ...] = ()) -> HttpResponse:
    """Send pictures to a case."""
    files = [
        SimpleUploadedFile(names[i] if names else f"{i}.jpg", data, content_type="image/jpeg")
        for i, data in enumerate(pictures)
    ]
    path = f"/api/v1/cases/{number}/photos"
    answer = asker.client.post(path, {"photos": files})
    agreed.check("POST", path, answer)
    return answer
