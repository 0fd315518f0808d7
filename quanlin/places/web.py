"""The one page of this room: a poster with the QR code of a place."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from quanlin.places import queries


@require_GET
def poster(request: HttpRequest, code: str) -> HttpResponse:
    """A sheet to print and hang up: whoever scans it reports a problem at this place."""
    card = queries.by_code(code, viewer=request.actor)
    svg = queries.qr_svg(card.code, request.build_absolute_uri("/"))
    own = [
        step.name
        for step in queries.chain(card.number)
        if step.level in ("estate", "building", "unit", "home")
    ]
    title = "".join(own) or card.name
    # the SVG is made here, of a checked code and our own address
    context = {"place": card, "title": title, "code": card.code, "svg": mark_safe(svg)}  # noqa: S308
    return render(request, "places/poster.html", context)


pages = [path("places/<str:code>/poster", poster, name="place-poster")]
