"""Every write to persons: entering, linking to a home, sign-in codes, and reading somebody whole."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from quanlin.journal import queries as journal
from quanlin.journal.actions import record
from quanlin.kit import clock, masks, sealing
from quanlin.kit.actor import SYSTEM, Actor
from quanlin.kit.errors import Conflict, NotAllowed, NotFound, Refused
from quanlin.kit.placenumber import ancestor, level_of
from quanlin.people import facts, queries, rules
from quanlin.people.models import Code, Person, Residence
from quanlin.staff import actions as staff_actions
from quanlin.staff import rules as staff

TO_BE_CHECKED = "已收下，待社区核对后生效。"
"""The constant answer to a number that somebody else has: it does not say that it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a reading showed. Kept nowhere."""

    name: str
    phone: str
    left_this_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A code to be sent. id: of its row, unique for each."""

    id: int
    code: str


def register(
    *,
    name: str,
    actor: Actor,
    sort: str,
    phone: str = "",
    account: int | None = None,
    person: UUID | None = None,
    place: int = 0,
    invented: bool = False,
) -> UUID:
    """Enter a person. Raises Refused with the field; Conflict without saying whose number it is."""
    person = person or uuid4()
    plain = masks.normalise_name(name)
    row = Person(
        id=person,
        account=account,
        sort=sort,
        place=place,
        invented=invented,
        created_at=clock.now(),
        name_sealed=sealing.seal(plain, field=queries.sealed_field(person, "name_sealed")),
        name_mask=masks.mask_name(plain),
    )
    if phone:
        number = masks.normalise_phone(phone)
        row.phone_sealed = sealing.seal(number, field=queries.sealed_field(person, "phone_sealed"))
        row.phone_mask = masks.mask_phone(number)
        row.phone_blind = sealing.blind("phone", number)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict("to_be_checked", TO_BE_CHECKED, field="phone") from None
    record(facts.Registered(subject_id=str(person), place=place, persons=(person,), sort=sort), actor=actor)
    return person


def link_home(*, person: UUID, home: int, actor: Actor) -> None:
    """Say which home a person lives in; the former link ends. A resident does it for himself."""
    if actor.person != person and actor.sort != "system":
        raise NotAllowed("not_allowed", "住址只能由本人填写，或请社区登记。")
    if level_of(home) != "home":
        raise Refused("not_a_home", "请选到户，例如 3 号楼 2 单元 501。", field="home")
    today = clock.now().date()
    Residence.objects.filter(person_id=person, until=None).update(until=today)
    Residence.objects.create(person_id=person, home=home, since=today)
    Person.objects.filter(pk=person).update(place=ancestor(home, "community"))
    record(facts.HomeLinked(subject_id=str(person), place=home, persons=(person,), home=home), actor=actor)


def send_code(*, phone: str, source: str) -> Sent:
    """Make a sign-in code for a phone and answer it for the channel that sends it. In the system's scope.

    Raises Refused when the phone, the source or the whole city asked too often. The answer to the person is the
    same whether the phone is known or not. source: the address that asks.
    """
    blind = sealing.blind("phone", masks.normalise_phone(phone))
    origin = sealing.blind("source", source or "unknown")
    now = clock.now()
    with connection.cursor() as cursor:  # two askers at once: one waits, so that the limit holds
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [blind.hex()])
    Code.objects.filter(sent_at__lt=now - rules.CODES_KEPT).delete()
    sent = Code.objects.filter(phone_blind=blind).order_by("-sent_at")
    last = sent.first()
    rules.check_may_send(
        now=now,
        last_sent=last.sent_at if last else None,
        sent_today=sent.filter(sent_at__gt=now - timedelta(days=1)).count(),
        from_source_this_hour=Code.objects.filter(
            source=origin, sent_at__gt=now - timedelta(hours=1)
        ).count(),
        this_hour=Code.objects.filter(sent_at__gt=now - timedelta(hours=1)).count(),
    )
    code = f"{secrets.randbelow(1_000_000):06d}"
    row = Code.objects.create(phone_blind=blind, digest=_digest(blind, code), source=origin, sent_at=now)
    return Sent(id=row.pk, code=code)


def _digest(blind: bytes, code: str) -> bytes:
    return sha256(blind + code.encode()).digest()


def _use_code(*, phone: str, code: str) -> bool:
    blind = sealing.blind("phone", masks.normalise_phone(phone))
    row = Code.objects.select_for_update().filter(phone_blind=blind).order_by("-sent_at").first()
    now = clock.now()
    if row is None or not rules.code_is_live(
        now=now, sent_at=row.sent_at, tries=row.tries, used=row.used_at is not None
    ):
        return False
    row.tries += 1
    good = hmac.compare_digest(bytes(row.digest), _digest(blind, code.strip()))
    if good:
        row.used_at = now
    row.save(update_fields=["tries", "used_at"])
    return good


def sign_in_by_code(*, phone: str, code: str) -> tuple[int, bool]:
    """(account, whether it is new) for a phone and its code, or Refused with one sentence for every fault.

    In the system's scope. A failed try is kept even when the caller's answer is an error, so call it in a transaction
    of its own and raise outside: it answers (0, False) instead of raising.
    """
    if not _use_code(phone=phone, code=code):
        return 0, False
    known = queries.account_of_phone(phone)
    if known is not None:
        return known[0], False
    account = staff_actions.open_account(
        username=f"r-{uuid4().hex[:16]}", sort="resident", password=None, actor=SYSTEM
    )
    register(name="居民", actor=SYSTEM, sort="resident", phone=phone, account=account.pk, person=account.uid)
    return account.pk, True


def rename(*, person: UUID, name: str, actor: Actor) -> None:
    """Write one's own name."""
    if actor.person != person and actor.sort != "system":
        raise NotAllowed("not_allowed", "姓名只能由本人修改，或请社区登记。")
    plain = masks.normalise_name(name)
    changed = Person.objects.filter(pk=person).update(
        name_sealed=sealing.seal(plain, field=queries.sealed_field(person, "name_sealed")),
        name_mask=masks.mask_name(plain),
    )
    if not changed:
        raise NotFound("no_person", "没有这个人，或不归您看。")
    record(facts.Renamed(subject_id=str(person), persons=(person,)), actor=actor)


def change_phone(*, person: UUID, phone: str, code: str, actor: Actor) -> bool:
    """Give a person another number, proved by a code sent to it. Answers False for a wrong code.

    When it is somebody else's the answer is Conflict with the sentence that ``register`` has: it does not say so.
    Like ``sign_in_by_code`` the try is kept, so the caller answers the error outside.
    """
    if actor.person != person and actor.sort != "system":
        raise NotAllowed("not_allowed", "手机号只能由本人修改，或请社区登记。")
    number = masks.normalise_phone(phone)
    with staff_actions.act_as(SYSTEM):
        if not _use_code(phone=number, code=code):
            return False
    try:
        with transaction.atomic():
            changed = Person.objects.filter(pk=person).update(
                phone_sealed=sealing.seal(number, field=queries.sealed_field(person, "phone_sealed")),
                phone_mask=masks.mask_phone(number), phone_blind=sealing.blind("phone", number),
            )  # fmt: skip
    except IntegrityError:
        raise Conflict("to_be_checked", TO_BE_CHECKED, field="phone") from None
    if not changed:
        raise NotFound("no_person", "没有这个人，或不归您看。")
    record(facts.PhoneChanged(subject_id=str(person), persons=(person,)), actor=actor)
    return True


def reveal(
    *, person: UUID, purpose: str, about: str, place: int, units: tuple[int, ...], actor: Actor
) -> Whole | None:
    """Show one person whole, for a purpose, and record it; the person can see who looked.

    place, units: of the matter that it is needed for (the room that owns the matter has asked whether the actor
    may see it). Answers None when the budget is used up: the refusal is recorded, so the caller raises outside.
    """
    staff.check(actor, "person.reveal", staff.Resource(place=place, units=units), purpose=purpose)
    with connection.cursor() as cursor:  # two readings of one person at once: the second counts the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"reveal {actor.account}"])
    hour, day = _this_hour_and_day(facts.Revealed.name, actor)
    over = rules.check_budget(
        this_hour=hour, today=day, per_hour=staff.REVEALS_PER_HOUR, per_day=staff.REVEALS_PER_DAY
    )
    if over:
        before = _this_hour_and_day(facts.RevealRefused.name, actor)[over == "day"]
        record(
            facts.RevealRefused(subject_id=str(actor.account), place=actor.place, within=over, first=before == 0),
            actor=actor, purpose=purpose,
        )  # fmt: skip
        return None
    with staff_actions.act_as(SYSTEM):
        row = Person.objects.filter(pk=person).first()
    if row is None:
        raise NotFound("no_person", "没有这个人，或不归您看。")
    shown = ("name", "phone") if row.phone_sealed else ("name",)
    record(
        facts.Revealed(subject_id=str(person), place=place, persons=(person,), fields=shown, about=about), actor=actor,
        purpose=purpose,
    )  # fmt: skip
    phone = ""
    if row.phone_sealed:
        phone = sealing.open_(bytes(row.phone_sealed), field=queries.sealed_field(person, "phone_sealed"))
    name = sealing.open_(bytes(row.name_sealed), field=queries.sealed_field(person, "name_sealed"))
    return Whole(name=name, phone=phone, left_this_hour=staff.REVEALS_PER_HOUR - hour - 1)


def _this_hour_and_day(fact: str, actor: Actor) -> tuple[int, int]:
    now = clock.now()
    hours = (timedelta(hours=1), timedelta(days=1))
    return tuple(journal.count_of(actor.account, fact, since=now - span, viewer=actor) for span in hours)
