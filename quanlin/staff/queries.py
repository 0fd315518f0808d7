"""Reading accounts, grants and units. Units are few and change seldom: each process keeps them for five seconds."""

import time
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import connection

from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, Actor
from quanlin.kit.errors import NotFound
from quanlin.kit.placenumber import LEVELS
from quanlin.places import queries as places
from quanlin.staff.models import Account

KEEP_SECONDS = 5
"""How long a process believes what it read: a revocation is felt within this and the page's own time (≤ 10 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCard:
    """A unit as others see it. low, high: the place numbers that it serves."""

    id: int
    name: str
    sort: str
    speciality: str
    level: str
    place: int
    low: int
    high: int
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantCard:
    """One of the hats of an account, for the switch in the bar."""

    id: int
    role: str
    unit: int | None
    place: int
    label: str
    valid_to: datetime


_GRANT = """
SELECT a.id, a.uid, a.sort, a.is_active, a.void_before, g.id, g.role, g.place, g.purposes, u.id, u.name, u.level, u.sort
FROM staff_account a
LEFT JOIN staff_grant g ON g.account_id = a.id AND g.valid_from <= %(now)s AND %(now)s < g.valid_to
LEFT JOIN staff_unit u ON u.id = g.unit_id
WHERE a.id = %(account)s
ORDER BY (g.id = %(grant)s) DESC NULLS LAST, g.id
"""

_actors: dict[tuple, tuple[float, Actor]] = {}
_units: tuple[float, dict[int, UnitCard]] = (0.0, {})


def forget() -> None:
    """Drop what this process remembers (after a change in the same process, and between tests)."""
    global _units
    _actors.clear()
    _units = (0.0, {})


def actor_for(
    account: int, *, grant: int | None, session: str, began_at: datetime, can_write: bool = True
) -> Actor:
    """The actor behind a session or token that began at ``began_at``; NOBODY when it is over.

    One statement, and none when asked again within KEEP_SECONDS. Runs in the system's scope: see ``actions.act_as``.
    """
    key = (account, grant, session, can_write)
    kept = _actors.get(key)
    if kept and time.monotonic() - kept[0] < KEEP_SECONDS:
        return kept[1]
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, {"now": clock.now(), "account": account, "grant": grant})
        row = cursor.fetchone()
    actor = _actor_from(row, session=session, began_at=began_at, can_write=can_write)
    if len(_actors) > 20_000:
        _actors.clear()
    _actors[key] = (time.monotonic(), actor)
    return actor


def _actor_from(row: tuple | None, *, session: str, began_at: datetime, can_write: bool) -> Actor:
    if row is None or not row[3] or (row[4] and began_at < row[4]):
        return NOBODY
    account, uid, sort, _, _, grant, role, place, purposes, unit, unit_name, level, unit_sort = row
    if sort == "resident":
        return Actor(
            sort="resident",
            account=account,
            role="resident",
            person=uid,
            label="居民",
            session=session,
            can_write=can_write,
        )
    if grant is None:
        return Actor(sort="nobody", account=account, label="没有授权", session=session)
    return Actor(
        sort=sort,
        account=account,
        role=role,
        grant=grant,
        unit=unit,
        unit_sort=unit_sort or "",
        person=uid,
        level=level or places.place(place, viewer=NOBODY).level,
        place=place,
        ranges=places.ranges_of(place),
        label=unit_name or places.place(place, viewer=NOBODY).name,
        session=session,
        purposes=frozenset(purposes or ()),
        can_write=can_write,
    )


def actor_for_token(secret: str) -> Actor:
    """The actor behind an API token; NOBODY when it is unknown, expired or revoked."""
    digest = sha256(secret.encode()).digest()
    key = ("token", digest)
    kept = _actors.get(key)
    if kept and time.monotonic() - kept[0] < KEEP_SECONDS:
        return kept[1]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, grant_id, scope, created_at, id FROM staff_token"
            " WHERE digest = %s AND revoked_at IS NULL AND expires_at > %s",
            [digest, clock.now()],
        )
        row = cursor.fetchone()
    actor = NOBODY
    if row:
        actor = actor_for(
            row[0], grant=row[1], session=f"token-{row[4]}", began_at=row[3], can_write=row[2] == "write"
        )
    _actors[key] = (time.monotonic(), actor)
    return actor


def grants_of(account: int) -> tuple[GrantCard, ...]:
    """The hats that an account may put on now."""
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, {"now": clock.now(), "account": account, "grant": 0})
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT id, valid_to FROM staff_grant WHERE account_id = %s AND valid_to > %s",
            [account, clock.now()],
        )
        ends = dict(cursor.fetchall())
    return tuple(
        GrantCard(
            id=r[5],
            role=r[6],
            unit=r[9],
            place=r[7],
            valid_to=ends[r[5]],
            label=r[10] or places.place(r[7], viewer=NOBODY).name,
        )
        for r in rows
        if r[5] is not None
    )


def units() -> dict[int, UnitCard]:
    """All active units by id."""
    global _units
    if time.monotonic() - _units[0] < KEEP_SECONDS and _units[1]:
        return _units[1]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, sort, speciality, level, place, low, high, phone FROM staff_unit WHERE active ORDER BY id"
        )
        found = {
            r[0]: UnitCard(
                id=r[0],
                name=r[1],
                sort=r[2],
                speciality=r[3],
                level=r[4],
                place=r[5],
                low=r[6],
                high=r[7],
                phone=r[8],
            )
            for r in cursor.fetchall()
        }
    _units = (time.monotonic(), found)
    return found


def unit(number: int) -> UnitCard:
    """One unit. Raises NotFound."""
    try:
        return units()[number]
    except KeyError:
        raise NotFound("no_unit", "没有这个单位，或它已经停用。请选别的单位。") from None


def unit_for(sort: str, place: int, *, speciality: str = "", above: str = "") -> UnitCard | None:
    """The nearest active unit of a sort that serves the place: the one with the smallest range.

    above: only units of a level above this one (for handing a case up).
    """
    best: UnitCard | None = None
    limit = LEVELS.index(above) if above else len(LEVELS)
    for card in units().values():
        if card.sort != sort or not card.low <= place <= card.high:
            continue
        if speciality and card.speciality != speciality:
            continue
        if above and LEVELS.index(card.level) >= limit:
            continue
        if best is None or card.high - card.low < best.high - best.low:
            best = card
    return best


def units_serving(place: int, *, sorts: tuple[str, ...]) -> tuple[UnitCard, ...]:
    """Units of the sorts that serve the place, nearest first: the choices when a case is handed on."""
    found = [c for c in units().values() if c.sort in sorts and c.low <= place <= c.high]
    return tuple(sorted(found, key=lambda c: (c.high - c.low, c.sort, c.name)))


def members_of(unit_id: int) -> tuple[int, ...]:
    """Account ids of those who may act for a unit now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id FROM staff_grant WHERE unit_id = %s AND valid_from <= %s AND %s < valid_to",
            [unit_id, clock.now(), clock.now()],
        )
        return tuple(r[0] for r in cursor.fetchall())


def account_of(uid: UUID) -> int | None:
    """The account behind a person's id."""
    return Account.objects.filter(uid=uid).values_list("pk", flat=True).first()
