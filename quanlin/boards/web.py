"""The wall: /screen/ and /screen/{place-code}. Links and this page's words; the numbers come from ``queries``."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from quanlin.boards import queries, rules
from quanlin.cases.rules.moves import OPEN, STATES
from quanlin.kit.actor import Actor
from quanlin.places import queries as places

LEVELS = ("city", "district", "street", "community")
TITLES = {"district": "各区县", "street": "各街道", "community": "各社区"}
GROUPS_SHOWN = 5
STATE_LANES = (
    ("waiting", "待办", ("reported", "accepted", "assigned")),
    ("active", "处置", ("working",)),
    ("paused", "挂起", ("on_hold",)),
    ("checking", "核实", ("resolved",)),
)
"""The colours of states are four: who looks from five metres away asks whether anybody works on it."""


@require_safe
def wall(request: HttpRequest, code: str = "") -> HttpResponse:
    """The wall of a place, of the viewer's own without a code. ``part=now``: what changes; ``as=table``: numbers."""
    viewer: Actor = request.actor
    number = places.by_code(code, viewer=viewer).number if code else queries.start_of(viewer)
    board = queries.board(number, viewer=viewer)
    shown = _context(board, viewer)
    if request.GET.get("as") == "table":
        return render(request, "boards/numbers.html", shown)
    if request.GET.get("part") == "now":
        answer = render(request, "boards/_now.html", shown)
        answer["Cache-Control"] = "no-store"
        return answer
    drawn = queries.map_of(number, viewer=viewer)
    return render(
        request,
        "boards/wall.html",
        {**shown, "map": drawn, "shapes": _shapes(board, drawn), "spoken": _spoken(board)},
    )


def _context(board: queries.Board, viewer: Actor) -> dict[str, Any]:
    chain = places.chain(board.place.number)
    desk = "/desk/?" + urlencode({"place": board.place.code})
    chain_levels = {card.level: card for card in chain}
    steps = [
        {
            "name": "全市" if level == "city" else chain_levels[level].name,
            "url": _url(chain_levels[level]) if viewer.covers(chain_levels[level].number) else "",
            "here": level == board.level,
        }
        if level in chain_levels
        else {"name": rules.level_name(level), "url": "", "here": False, "below": True}
        for level in LEVELS
    ]
    above = [step["url"] for step in steps if step["url"] and not step["here"]]
    rates = [rate for _, rate, _ in board.trend]
    groups = [_group(group, desk) for group in board.groups]
    most = max((group.cases for group in board.groups), default=0)
    for group, made in zip(board.groups, groups, strict=True):
        made["lanes"] = _stack(group, most)
    return {
        "board": board,
        "place_name": board.place.name,
        "steps": steps,
        "up": above[-1] if above else "",
        "url": _url(board.place),
        "desk": desk,
        "title": "本街道各社区" if board.level == "community" else TITLES.get(board.parts_level, ""),
        "parts": [_part(part, board) for part in board.parts],
        "measured": sum(part.counted for part in board.parts),
        "trend": rules.trend_line(rates),
        "trend_known": any(rate is not None for rate in rates),
        "levels": board.levels,
        "groups": groups[:GROUPS_SHOWN],
        "more_cases": sum(group.cases for group in board.groups[GROUPS_SHOWN:]),
        "lanes": STATE_LANES,
        "state_names": [name for code, name in STATES.items() if code in OPEN],
        "overdue_many": board.overdue is not None and board.overdue > board.overdue_most,
        "weekday": "一二三四五六日"[board.day.weekday()],
        "key": rules.BREAKS,
        "spring_level": settings.SPRING_LEVEL,
    }


def _url(card: places.PlaceCard) -> str:
    return f"/screen/{card.code}"


def _part(part: queries.Part, board: queries.Board) -> dict[str, Any]:
    """One row of the strip. x, width: the bar from the target to the rate, in percent of 80…100."""
    at = None if part.rate is None else max(0.0, (part.rate - 80) * 5)
    target = (rules.TARGET - 80) * 5
    return {
        "part": part,
        "url": _url(part.card),
        "here": part.card.number == board.place.number,
        "x": None if at is None else round(min(at, target), 1),
        "width": None if at is None else round(abs(at - target), 1),
        "target": target,
    }


def _group(group: queries.Group, desk: str) -> dict[str, Any]:
    return {"group": group, "url": f"{desk}&{urlencode({'group': group.code})}"}


def _stack(group: queries.Group, most: int) -> list[dict[str, Any]]:
    """Pieces of a bar: role, count, x and width in percent of the largest group."""
    counts, pieces, x = dict(group.states), [], 0.0
    for role, name, states in STATE_LANES:
        cases = sum(counts.get(state, 0) for state in states)
        if cases:
            width = cases / most * 100
            pieces.append(
                {"role": role, "name": name, "cases": cases, "x": round(x, 1), "width": round(width, 1)}
            )
            x += width
    return pieces


def _shapes(board: queries.Board, drawn: queries.Map) -> list[dict[str, Any]]:
    """Shapes with their numbers, the board's own last: its outline lies on top. A neighbour out of range has no numbers."""
    parts = {part.card.number: part for part in board.parts}
    shapes = [
        {
            "shape": shape,
            "name": drawn.names[shape.number],
            "part": parts.get(shape.number),
            "url": _url(parts[shape.number].card) if shape.number in parts else "",
            "here": shape.number == board.place.number,
        }
        for shape in drawn.drawing.shapes
    ]
    return sorted(shapes, key=lambda made: made["here"])


def _spoken(board: queries.Board) -> str:
    """The map in a sentence."""
    ranked = [part for part in board.parts if part.rate is not None]
    if not ranked:
        return "这个月还没有办结的事项，地图没有数值。"
    below = sum(part.rate < board.target for part in ranked)
    best, last = ranked[0], ranked[-1]
    return (
        f"{len(ranked)} 个地方有本月按时办结率，最高{best.name} {best.rate}%，最低{last.name} {last.rate}%，"
        f"{below} 个低于目标 {board.target:g}%。"
    )


pages = [
    path("screen/", wall, name="wall"),
    path("screen/<str:code>", wall, name="wall_of"),
]
