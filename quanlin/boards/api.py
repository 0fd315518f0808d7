"""Boards in the API: the numbers of the wall."""

from django.http import HttpRequest
from ninja import Path, Router

from quanlin.boards import queries
from quanlin.boards.schemas import BoardOut
from quanlin.places import queries as places

router = Router(tags=["boards"])


@router.get("/boards/{code}", response=BoardOut)
def board(request: HttpRequest, code: str = Path(..., max_length=40)):
    """The board of a city, district, street or community: counters only, nothing about persons."""
    number = places.by_code(code, viewer=request.actor).number
    return BoardOut.of(queries.board(number, viewer=request.actor))
