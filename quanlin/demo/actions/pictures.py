"""Invented pictures: plain drawings that nobody takes for a photograph of something real."""

import io
from functools import cache
from random import Random

from PIL import Image, ImageDraw

from quanlin.cases.actions import Picture, prepare

_SIZE = (800, 600)
_SKIES = ("#c9dbe6", "#e6dcc9", "#2c3a4d", "#d8e4d2")
_WALLS = ("#b7a48f", "#9aa7ad", "#c4b7a6", "#8d8f94")


@cache
def pictures() -> tuple[Picture, ...]:
    """Eight drawings of a house front, ready to be kept."""
    return tuple(_draw(n) for n in range(8))


def _draw(n: int) -> Picture:
    dice = Random(n)  # noqa: S311  a drawing, no secret
    sky = _SKIES[n % len(_SKIES)]
    image = Image.new("RGB", _SIZE, sky)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 440, 800, 600), fill="#7d7f80")
    left = dice.randint(60, 220)
    pen.rectangle((left, 120, left + 420, 450), fill=_WALLS[n % len(_WALLS)])
    for row in range(4):
        for column in range(5):
            lit = dice.random() < 0.3
            x, y = left + 25 + column * 80, 145 + row * 74
            pen.rectangle((x, y, x + 48, y + 44), fill="#f4dd9a" if lit else "#5d6b78")
    pen.line((690, 460, 690, 190), fill="#3f4447", width=10)
    pen.ellipse((655, 150, 725, 210), fill="#f6e7b0" if n % 2 else "#56595c")
    pen.ellipse((dice.randint(100, 500), 490, dice.randint(520, 640), 560), fill="#4a4c4e")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return prepare(out.getvalue())
