"""Pages of cases: the desk, residents' pages, pictures."""

from quanlin.cases.web import desk, handling, photos, reporting, resident

pages = [*photos.pages, *desk.pages, *handling.pages, *reporting.pages, *resident.pages]
