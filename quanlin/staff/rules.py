"""Who may do what: the one place that decides. Pure: no clock, no database.

A decision is role × place × purpose × validity (design of graded authorisation; 山东省智慧社区建设指标, 信息安全 2).
Upper rooms add what only they know (whose turn a case is) to what is decided here; they never look at a role.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed

Grade = Literal["management", "operation", "maintenance", "officer"]
"""管理, 操作, 运维, 三员: one account holds grants of one grade at a time."""


@dataclass(frozen=True, slots=True)
class Role:
    """name: what people call it; grade: which side of the separation; acts: what it may ask for;
    longest: how long a grant may last; needs_unit: whether the grant names a unit."""

    name: str
    grade: Grade
    acts: frozenset[str]
    longest: timedelta = timedelta(days=366)
    needs_unit: bool = False


_SEE = {"case.see", "board.see", "place.see", "notice.see"}
_HANDLE = _SEE | {"case.open", "case.handle", "case.note", "person.reveal"}

ROLES: dict[str, Role] = {
    "system_admin": Role("系统管理员", "officer", frozenset({"account.manage", "place.see"})),
    "security_admin": Role("安全管理员", "officer", frozenset({"grant.manage", "place.see"})),
    "audit_admin": Role("审计管理员", "officer", frozenset({"journal.audit", "place.see"})),
    "business_manager": Role("业务管理员", "management", frozenset(_SEE | {"place.manage", "unit.manage"})),
    "leader": Role("领导", "operation", frozenset(_SEE | {"case.note", "case.lead"})),
    "operator": Role("社区工作者", "operation", frozenset(_HANDLE | {"case.desk"}), needs_unit=True),
    "grid_worker": Role("网格员", "operation", frozenset(_HANDLE | {"case.verify"}), needs_unit=True),
    "property": Role("物业", "operation", frozenset(_HANDLE), needs_unit=True),
    "department": Role("部门", "operation", frozenset(_HANDLE), needs_unit=True),
    "maintainer": Role("运维", "maintenance", frozenset({"health.see"}), longest=timedelta(days=90)),
}
RESIDENT_ACTS = frozenset(
    {"case.see", "case.open", "case.own", "case.note", "place.see", "notice.see", "person.self"}
)
NOBODY_ACTS = frozenset({"place.see", "kind.see"})

OPERATOR_NAMES = {"community": "社区工作者", "street": "街道中心", "district": "区县中心", "city": "市中心"}

PURPOSES: dict[str, str] = {
    "contact_reporter": "联系报事人了解情况",
    "on_site": "上门处置或核实",
    "verify_identity": "核对身份",
    "supervise": "督办核查",
}
"""Why somebody may look at personal data whole. Each reading names one; it is recorded and the person can see it."""

WAYS: dict[str, bool] = {
    "password": False, "totp": True, "passkey": True, "recovery": True, "code": False, "demonstration": True,
}  # fmt: skip
"""How somebody may show who he is, and whether it is enough for staff: a password alone is not."""

REVEALS_PER_HOUR = 60
REVEALS_PER_DAY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What is asked for. place: number; units: units that may see it; owner: the person whose it is."""

    place: int = 0
    units: tuple[int, ...] = ()
    owner: UUID | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """allow; fields: how personal data may be shown; obligations: what must be done with it; reason: a Chinese sentence."""

    allow: bool
    reason: str = ""
    fields: Literal["plain", "masked", "none"] = "masked"
    obligations: frozenset[str] = field(default_factory=frozenset)


def acts_of(actor: Actor) -> frozenset[str]:
    """The acts that the actor may ask for at all."""
    if actor.sort == "system":
        return frozenset({"*"})
    if actor.sort == "resident":
        return RESIDENT_ACTS | NOBODY_ACTS
    if actor.sort in ("staff", "partner", "device") and actor.role in ROLES:
        return ROLES[actor.role].acts | NOBODY_ACTS
    return NOBODY_ACTS


def may(actor: Actor, act: str) -> bool:
    """Whether the actor may ask for ``act`` somewhere; used to hide what somebody may never do."""
    acts = acts_of(actor)
    return "*" in acts or act in acts


def decide(actor: Actor, act: str, resource: Resource, *, purpose: str = "") -> Decision:
    """Decide one request. Validity of the grant was checked when the actor was made, at most 5 s ago."""
    if actor.sort == "system":
        return Decision(True, fields="plain")
    if not may(actor, act):
        if actor.sort == "nobody":
            return Decision(False, "请先登录，再做这一步。")
        return Decision(False, f"{role_name(actor)}不能做这一步。需要的话请找安全管理员授权。")
    if not actor.can_write and act not in READ_ACTS:
        return Decision(False, "这个令牌只能读。请换一个可写的令牌。")
    if act in NOBODY_ACTS:
        return Decision(True, fields="none")
    near = actor.covers(resource.place) if resource.place else True
    held = actor.unit is not None and actor.unit in resource.units
    own = resource.owner is not None and resource.owner == actor.person
    if actor.sort == "resident":
        if act in ("case.open", "notice.see", "person.self") or own:
            return Decision(True, fields="plain" if own else "masked")
        if act == "case.see" and resource.public:
            return Decision(True, fields="none")
        return Decision(False, "没有这件事，或不归您看。")
    if not (near or held):
        return Decision(False, f"您管的是{actor.label}，这件事不在您管的范围。可以请社区或街道转给您。")
    if act == "person.reveal":
        if purpose not in PURPOSES:
            return Decision(False, "看完整信息要先选用途。")
        if purpose not in actor.purposes:
            return Decision(
                False, f"您的授权不含「{PURPOSES[purpose]}」这个用途。需要的话请找安全管理员授权。"
            )
        return Decision(True, fields="plain", obligations=frozenset({"record", "budget"}))
    return Decision(True)


READ_ACTS = frozenset(
    {
        "case.see",
        "board.see",
        "place.see",
        "notice.see",
        "kind.see",
        "journal.audit",
        "health.see",
        "person.self",
    }
)


def check(actor: Actor, act: str, resource: Resource, *, purpose: str = "") -> Decision:
    """``decide``, or NotAllowed with the sentence."""
    decision = decide(actor, act, resource, purpose=purpose)
    if not decision.allow:
        raise NotAllowed("not_allowed", decision.reason)
    return decision


def role_name(actor: Actor) -> str:
    """What the actor's role is called on a page."""
    return "居民" if actor.sort == "resident" else role_title(actor.role, actor.level)


def role_title(role: str, level: str | None) -> str:
    """What a role is called at a level: the operator of a street is its 街道中心. '' for an unknown role."""
    if role == "operator":
        return OPERATOR_NAMES.get(level or "", "社区工作者")
    return ROLES[role].name if role in ROLES else ""


def grant_faults(
    *, role: str, valid_from: datetime, valid_to: datetime, unit: int | None, held: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """What is wrong with a grant before it is written: (field, Chinese sentence) for each fault.

    held: roles that the account already holds in that period.
    """
    faults: list[tuple[str, str]] = []
    if role not in ROLES:
        return (("role", "没有这个角色。"),)
    wanted = ROLES[role]
    if valid_to <= valid_from:
        faults.append(("valid_to", "到期要晚于开始。"))
    elif valid_to - valid_from > wanted.longest:
        faults.append(("valid_to", f"{wanted.name}一次最长授权 {wanted.longest.days} 天。"))
    if wanted.needs_unit and unit is None:
        faults.append(("unit", f"{wanted.name}要说明属于哪个单位。"))
    for other in held:
        if wanted.grade == "officer" and other in ROLES and ROLES[other].grade == "officer" and other != role:
            faults.append(("role", f"系统、安全、审计三员不能兼任：已经是{ROLES[other].name}。"))
        elif other in ROLES and ROLES[other].grade != wanted.grade:
            faults.append(("role", f"管理、操作、运维要分开：已经是{ROLES[other].name}。"))
    return tuple(faults)
