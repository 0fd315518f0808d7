"""Pages of cases: the desk, residents' pages, pictures."""

from quanlin.cases.web import desk, photos, reporting, resident

pages = [*photos.pages, *desk.pages, *reporting.pages, *resident.pages]
