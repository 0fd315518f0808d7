"""Pages of cases: the desk, residents' pages, pictures."""

from quanlin.cases.web import desk, photos, resident

pages = [*photos.pages, *desk.pages, *resident.pages]
