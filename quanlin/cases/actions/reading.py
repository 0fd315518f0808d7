"""Reading the reporter whole: a write, since it is recorded."""

from quanlin.cases.queries.one import the_case
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotFound, Refused
from quanlin.people import actions as people
from quanlin.staff import rules as staff


def reveal_reporter(*, number: str, purpose: str, actor: Actor) -> people.Whole | None:
    """The reporter's name and phone, for a purpose. None when the budget is used up (recorded; keep the transaction).

    Raises NotFound, NotAllowed, Refused.
    """
    case = the_case(number, viewer=actor)
    if purpose not in staff.PURPOSES:
        raise Refused(
            "not_a_choice", f"请选用途：{'、'.join(staff.PURPOSES.values())}。", field="purpose",
            extra={"choices": dict(staff.PURPOSES)},
        )  # fmt: skip
    if case.reporter is None:
        staff.check(
            actor, "person.reveal", staff.Resource(place=case.place, units=tuple(case.units)), purpose=purpose
        )
        raise NotFound("no_reporter", "这件事没有登记报事人。需要了解情况的话，请联系受理的单位。")
    return people.reveal(
        person=case.reporter,
        purpose=purpose,
        about=f"case:{case.pk}",
        place=case.place,
        units=tuple(case.units),
        actor=actor,
    )
