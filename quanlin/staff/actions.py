"""Every write to accounts, units, grants and tokens; and the scope that each transaction runs in."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth import login
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest

from quanlin.journal.actions import record, record_many
from quanlin.kit import clock
from quanlin.kit.actor import NOBODY, SYSTEM, Actor
from quanlin.kit.errors import Conflict, NotAllowed, NotFound, Refused
from quanlin.kit.placenumber import subtree
from quanlin.places import queries as places
from quanlin.staff import facts, queries, rules
from quanlin.staff.models import Account, Grant, Token, Unit

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_current: ContextVar[Actor | None] = ContextVar("scope", default=None)

_SCOPE = (
    "SELECT set_config('q.lo', %s, true), set_config('q.hi', %s, true), set_config('q.more', %s, true),"
    " set_config('q.unit', %s, true), set_config('q.person', %s, true), set_config('q.account', %s, true),"
    " set_config('q.role', %s, true)"
)


def _set_scope(actor: Actor | None) -> None:
    who = actor or NOBODY
    first, rest = (who.ranges[0], who.ranges[1:]) if who.ranges else (("", ""), ())
    more = "{" + ",".join(f"[{low},{high}]" for low, high in rest) + "}" if rest else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _SCOPE,
            [
                str(first[0]),
                str(first[1]),
                more,
                str(who.unit or ""),
                str(who.person or ""),
                str(who.account or ""),
                who.role or who.sort,
            ],
        )


@contextmanager
def act_as(actor: Actor, *, read_only: bool = False) -> Iterator[None]:
    """One transaction in the actor's scope: row security sees nothing else (the second wall).

    read_only: the transaction begins READ ONLY, so that a page that is looked at cannot write. Inside an outer
    scope the outer one is put back at the end.
    """
    outer = _current.get()
    outermost = not connection.in_atomic_block
    if outermost:
        connection.ensure_connection()
        connection.connection.read_only = read_only
    token = _current.set(actor)
    try:
        with transaction.atomic():
            _set_scope(actor)
            yield
            if outer is not None and not connection.needs_rollback:
                _set_scope(outer)
    finally:
        _current.reset(token)
        if outermost and read_only and connection.connection is not None and not connection.connection.closed:
            connection.connection.read_only = (
                None  # what follows, such as saving the session, may write again
            )
        if outer is not None and connection.in_atomic_block and not connection.needs_rollback:
            _set_scope(outer)


def scope() -> Actor | None:
    """The actor in whose scope the present transaction runs."""
    return _current.get()


@contextmanager
def as_system() -> Iterator[None]:
    """The system's own scope, for what must be looked up before anybody is known (a session, a phone's index)."""
    with act_as(SYSTEM):
        yield


def open_account(
    *,
    username: str,
    sort: str,
    password: str | None,
    actor: Actor,
    demonstration: bool = False,
    hashed: str = "",
) -> Account:
    """Open an account that may do nothing yet. Raises Conflict when the name is taken.

    demonstration: whether a visitor of the demonstration may enter it by one press. hashed: the password as
    ``make_password`` gave it, instead of ``password``, where many accounts share one: hashing takes half a second.
    """
    if actor.sort != "system":
        rules.check(actor, "account.manage", rules.Resource())
    account = Account(username=username.lower(), sort=sort, demonstration=demonstration)
    if hashed:
        account.password = hashed
    else:
        account.set_password(password)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:
        raise Conflict("taken", "这个账号名已经有人用了，请换一个。", field="username") from None
    record(facts.AccountOpened(subject_id=str(account.pk), sort=sort), actor=actor)
    return account


def stop_account(*, account: int, actor: Actor) -> None:
    """Stop an account: sessions, streams and tokens end within ten seconds. History stays."""
    rules.check(actor, "account.manage", rules.Resource())
    if not Account.objects.filter(pk=account).update(is_active=False, void_before=clock.now()):
        raise NotFound("no_account", "没有这个账号。")
    queries.forget()
    record(facts.AccountStopped(subject_id=str(account)), actor=actor)


def end_sessions(*, account: int, actor: Actor) -> None:
    """End all sessions of an account, one's own or (for the account officer) another's."""
    if actor.account != account:
        rules.check(actor, "account.manage", rules.Resource())
    Account.objects.filter(pk=account).update(void_before=clock.now())
    queries.forget()
    record(facts.SessionsEnded(subject_id=str(account)), actor=actor)


def open_unit(
    *, name: str, sort: str, place: int, actor: Actor, speciality: str = "", phone: str = "", level: str = ""
) -> Unit:
    """Open a unit that serves the place and all below it. Its level is the place's unless said otherwise."""
    rules.check(actor, "unit.manage", rules.Resource(place=place))
    card = places.place(place, viewer=actor)
    low, high = places.ranges_of(place)[0]
    unit = Unit.objects.create(
        name=name,
        sort=sort,
        place=place,
        level=level or card.level,
        low=low,
        high=high,
        speciality=speciality,
        phone=phone,
    )
    queries.forget()
    record(facts.UnitOpened(subject_id=str(unit.pk), place=place, sort=sort), actor=actor)
    return unit


def open_desks(*, actor: Actor) -> int:
    """Open the desks of the city, its districts and its streets that have none yet; answers how many it opened.

    A community gets its desk when it joins; until then its cases come to its street.
    """
    rules.check(actor, "unit.manage", rules.Resource())
    have = set(Unit.objects.filter(sort="desk").values_list("place", flat=True))
    new = [
        Unit(
            name=f"{card.name}{DESK_NAMES[card.level]}",
            sort="desk",
            level=card.level,
            place=card.number,
            low=low,
            high=high,
        )
        for card in places.divisions(("city", "district", "street"))
        if card.number not in have
        for low, high in [subtree(card.number, card.level)]
    ]
    Unit.objects.bulk_create(new)
    queries.forget()
    record_many(
        [facts.UnitOpened(subject_id=str(u.pk), place=u.place, sort="desk") for u in new], actor=actor
    )
    return len(new)


DESK_NAMES = {
    "city": "社区治理中心",
    "district": "治理中心",
    "street": "综合服务中心",
    "community": "",
    "grid": "",
}


def grant(
    *,
    account: int,
    role: str,
    place: int,
    actor: Actor,
    unit: int | None = None,
    valid_from: datetime | None = None,
    days: int = 365,
    purposes: tuple[str, ...] = tuple(rules.PURPOSES),
) -> Grant:
    """Grant a role at a place for so many days. Raises Refused with the field when the rules or the database say no."""
    rules.check(actor, "grant.manage", rules.Resource(place=place))
    start = valid_from or clock.now()
    end = start + timedelta(days=days)
    held = Grant.objects.filter(account=account, valid_to__gt=start, valid_from__lt=end).values_list(
        "role", flat=True
    )
    faults = rules.grant_faults(role=role, valid_from=start, valid_to=end, unit=unit, held=held)
    if faults:
        raise Refused("grant_fault", faults[0][1], field=faults[0][0])
    row = Grant(
        account_id=account,
        role=role,
        grade=rules.ROLES[role].grade,
        unit_id=unit,
        place=place,
        purposes=list(purposes),
        valid_from=start,
        valid_to=end,
        granted_by_id=actor.account,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(
            "grant_fault", "这个授权和已有的授权冲突：三员、管理、操作、运维要分开。", field="role"
        ) from None
    queries.forget()
    record(
        facts.Granted(
            subject_id=str(account), place=place, grant=row.pk, role=role, until=end.date().isoformat()
        ),
        actor=actor,
    )
    return row


def end_grant(*, grant_id: int, actor: Actor) -> None:
    """End a grant now; what it allowed stops within ten seconds, on open streams too."""
    row = Grant.objects.select_for_update().filter(pk=grant_id).first()
    if row is None:
        raise NotFound("no_grant", "没有这个授权。")
    rules.check(actor, "grant.manage", rules.Resource(place=row.place))
    now = clock.now()
    if row.valid_to > now:
        row.valid_to = max(now, row.valid_from + timedelta(microseconds=1))
        row.save(update_fields=["valid_to"])
        queries.forget()
        record(facts.GrantEnded(subject_id=str(row.account_id), place=row.place, grant=row.pk), actor=actor)


def make_token(
    *, account: int, scope: str, name: str, actor: Actor, grant_id: int | None = None, days: int = 90
) -> str:
    """Make an API token and answer its secret, which is shown once and never stored."""
    if scope not in ("read", "write"):
        raise Refused("scope", "范围只能是 read 或 write。", field="scope")
    if not 1 <= days <= 365:
        raise Refused("days", "有效期是 1 到 365 天。", field="days")
    if actor.account != account:
        rules.check(actor, "account.manage", rules.Resource())
    if grant_id is not None and grant_id not in {g.id for g in queries.grants_of(account)}:
        raise Refused("grant", "这个账号现在没有这个授权。请换一个授权，或不写。", field="grant")
    secret = "qln_" + secrets.token_urlsafe(32)
    token = Token.objects.create(
        account_id=account,
        grant_id=grant_id,
        name=name,
        digest=sha256(secret.encode()).digest(),
        scope=scope,
        expires_at=clock.now() + timedelta(days=days),
    )
    record(facts.TokenMade(subject_id=str(account), token=token.pk, scope=scope), actor=actor)
    return secret


def revoke_token(*, token: int, actor: Actor) -> None:
    """Revoke one's own token."""
    if not Token.objects.filter(pk=token, account_id=actor.account, revoked_at=None).update(
        revoked_at=clock.now()
    ):
        raise NotFound("no_token", "没有这个令牌，或它已经作废。")
    queries.forget()
    record(facts.TokenRevoked(subject_id=str(actor.account), token=token), actor=actor)


def sign_in(*, request: HttpRequest, account: int, way: str) -> None:
    """Begin a session: a new key (so that one planted before is worth nothing), when it began, the first hat.

    way: how it was proved who it is, see ``rules.WAYS``. Raises NotAllowed when the account is stopped.
    """
    row = Account.objects.filter(pk=account, is_active=True).first()
    if row is None:
        raise NotAllowed("stopped", "没有登录：这个账号已停用。请找系统管理员。")
    login(request, row, backend=_BACKEND)
    with as_system():
        hats = queries.grants_of(account)
        record(facts.SignedIn(subject_id=str(account), way=way), actor=SYSTEM)
    request.session["began_at"] = clock.now().isoformat()
    request.session["grant"] = hats[0].id if hats else None
    request.session["way"] = way


def prove(*, session: SessionBase, account: int, way: str) -> None:
    """Note in a session that began with a password alone that the second proof came: way as in ``rules.WAYS``."""
    session["way"] = way
    session.cycle_key()
    with as_system():
        record(facts.SignedIn(subject_id=str(account), way=way), actor=SYSTEM)


def switch_grant(*, session: SessionBase, grant_id: int, actor: Actor) -> None:
    """Put on another of one's own hats. The key changes too, so that no process goes on with the old one."""
    if actor.account is None or grant_id not in {g.id for g in queries.grants_of(actor.account)}:
        raise NotAllowed("not_yours", "没有切换：您没有这个授权，或它已到期。请选别的，或找安全管理员。")
    session["grant"] = grant_id
    session.cycle_key()
