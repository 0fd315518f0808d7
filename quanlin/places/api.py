"""Places in the API. They are public reference data: no token is needed."""

from datetime import date
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from quanlin.places import queries
from quanlin.places.schemas import LocatedOut, PlaceOut, PlaceWithChain

router = Router(tags=["places"], auth=None)
Crs = Literal["wgs84", "gcj02", "bd09"]


@router.get("/places", response=list[PlaceOut])
def search(
    request: HttpRequest,
    q: str = Query(..., min_length=1, max_length=200),
    within: str = Query("", max_length=40),
    limit: int = Query(20, ge=1, le=100),
):
    """Places by code, address or part of a name, best first."""
    inside = queries.by_code(within, viewer=request.actor).number if within else None
    found = queries.search_places(q, within=inside, limit=limit, viewer=request.actor)
    return [PlaceOut.of(card) for card in found]


@router.get("/places/lookup", response=LocatedOut)
def lookup(
    request: HttpRequest,
    lat: float = Query(..., ge=-90, le=90),
    lng: float = Query(..., ge=-180, le=180),
    crs: Crs = "wgs84",
):
    """The community, grid and building at a point. 422 outside the area that the register covers."""
    return LocatedOut.at(queries.lookup(lat, lng, crs, viewer=request.actor))


@router.get("/places/{code}", response=PlaceWithChain)
def one(request: HttpRequest, code: str, on: date | None = None):
    """The place with a code: official (6, 9 or 12 digits, valid on the day ``on``) or speakable."""
    card = queries.by_code(code, viewer=request.actor, on=on)
    chain = [PlaceOut.of(step) for step in queries.chain(card.number, on)]
    return PlaceWithChain(**PlaceOut.of(card).dict(), chain=chain)


@router.get("/places/{code}/children", response=list[PlaceOut])
def children(request: HttpRequest, code: str):
    """The places directly below, as they are today."""
    card = queries.by_code(code, viewer=request.actor)
    return [PlaceOut.of(child) for child in queries.children(card.number, viewer=request.actor)]


@router.get(
    "/places/{code}/outline",
    openapi_extra={
        "responses": {
            200: {"description": "GeoJSON FeatureCollection", "content": {"application/geo+json": {}}}
        }
    },
)
def outline(
    request: HttpRequest,
    code: str,
    level: Literal["district", "street", "community", "grid", "estate", "building"],
    crs: Crs = "wgs84",
):
    """Outlines of the places of a level within the place, as GeoJSON. ``schematic`` ones are drawn, not surveyed."""
    card = queries.by_code(code, viewer=request.actor)
    body = queries.outline_geojson(card.number, level, viewer=request.actor, crs=crs)
    answer = HttpResponse(body, content_type="application/geo+json")
    answer["Cache-Control"] = "public, max-age=300"
    return answer
