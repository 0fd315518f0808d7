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
from quanlin.staff.models import Account, Token
from quanlin.staff.rules import role_title

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DemonstrationAccount:
    """Somebody whom a visitor may be. role and label are Chinese; both '' for a resident."""

    account: int
    sort: str
    username: str
    role: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCard:
    """An API token without its secret. scope: read or write."""

    id: int
    name: str
    scope: str
    expires_at: datetime


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

    grant: the hat; the first of those that are valid when it is None. When it has ended, or there is none, the
    actor is nobody with an account: he may see to his account and nothing else.

    One statement, and none when asked again within KEEP_SECONDS. Runs in the system's scope: see ``actions.act_as``.
    """
    key = (account, grant, session, can_write)
    kept = _actors.get(key)
    if kept and time.monotonic() - kept[0] < KEEP_SECONDS:
        return kept[1]
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, {"now": clock.now(), "account": account, "grant": grant})
        row = cursor.fetchone()
    if row and grant is not None and row[5] != grant:
        row = (*row[:5], *[None] * (len(row) - 5))  # an ended grant is not replaced by another one unseen
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


def kept_for_token(secret: str) -> Actor | None:
    """The actor behind a token when this process knows him, without a statement and without a scope."""
    kept = _actors.get(("token", sha256(secret.encode()).digest()))
    return kept[1] if kept and time.monotonic() - kept[0] < KEEP_SECONDS else None


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
    if len(_actors) > 20_000:
        _actors.clear()
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


def holders_of(role: str, place: int) -> tuple[int, ...]:
    """Account ids of those who hold a role now at the place or above it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id, place FROM staff_grant WHERE role = %s AND valid_from <= %s AND %s < valid_to",
            [role, clock.now(), clock.now()],
        )
        rows = cursor.fetchall()
    return tuple(
        sorted({a for a, at in rows if any(low <= place <= high for low, high in places.ranges_of(at))})
    )


def demonstration_accounts(sort: str) -> tuple[DemonstrationAccount, ...]:
    """The accounts that a visitor of the demonstration may enter by one press, in order of opening."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (a.id) a.id, a.username, g.role, g.place, u.name, u.level FROM staff_account a"
            " LEFT JOIN staff_grant g ON g.account_id = a.id AND g.valid_from <= %s AND %s < g.valid_to"
            " LEFT JOIN staff_unit u ON u.id = g.unit_id"
            " WHERE a.demonstration AND a.is_active AND a.sort = %s ORDER BY a.id, g.id",
            [clock.now(), clock.now(), sort],
        )
        rows = cursor.fetchall()
    return tuple(
        DemonstrationAccount(
            account=r[0],
            sort=sort,
            username=r[1],
            role=role_title(r[2], r[5]) if r[2] else "",
            label=r[4] or (places.place(r[3], viewer=NOBODY).name if r[3] else ""),
        )
        for r in rows
    )  # fmt: skip


def tokens_of(account: int) -> tuple[TokenCard, ...]:
    """One's own API tokens that still work, newest first."""
    rows = Token.objects.filter(account_id=account, revoked_at=None, expires_at__gt=clock.now()).order_by(
        "-created_at"
    )
    return tuple(TokenCard(id=t.pk, name=t.name, scope=t.scope, expires_at=t.expires_at) for t in rows)


def account_of(uid: UUID) -> int | None:
    """The account behind a person's id."""
    return Account.objects.filter(uid=uid).values_list("pk", flat=True).first()


def account_named(username: str) -> int:
    """The active account of that name. Raises NotFound."""
    found = (
        Account.objects.filter(username=username.lower(), is_active=True).values_list("pk", flat=True).first()
    )
    if found is None:
        raise NotFound("no_account", f"没有名为 {username} 的账号，或它已停用。")
    return found
