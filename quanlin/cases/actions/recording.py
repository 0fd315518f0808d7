"""A fact of a case, with what all of them carry."""

from typing import Any

from quanlin.cases import facts
from quanlin.cases.models import Case


def fact_of(
    case: Case,
    fact: type[facts.CaseFact],
    *,
    was: str = "",
    remark: int = 0,
    internal: bool = False,
    **own: Any,
) -> facts.CaseFact:
    """The fact as the case stands now. was: the state before, the present one when not given; own: the fact's own fields.

    The unit that holds it, its desk and whoever resolved it hear of it, and, unless it is internal, the reporter.
    """
    heard = {case.holder_unit, case.desk_unit, *([case.resolver_unit] if case.resolver_unit else [])}
    return fact(
        subject_id=str(case.pk),
        place=case.place,
        units=tuple(sorted(heard)),
        persons=(case.reporter,) if case.reporter and not internal else (),
        drill=case.drill,
        number=case.number,
        kind=case.kind,
        group=case.group,
        state=case.state,
        was=was or case.state,
        level=case.level,
        holder=case.holder_unit,
        remark=remark,
        urgent=case.urgent,
        **own,
    )
