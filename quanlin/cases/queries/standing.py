"""What the rules need to know of a case, from its row."""

from quanlin.cases.models import Case
from quanlin.cases.rules.moves import Standing
from quanlin.staff import queries as staff_queries


def standing_of(case: Case) -> Standing:
    """The standing of a case; no statement but for units, which each process remembers."""
    holder = staff_queries.units().get(case.holder_unit)
    return Standing(
        state=case.state,
        level=case.level,
        place=case.place,
        version=case.version,
        desk_unit=case.desk_unit,
        holder_unit=case.holder_unit,
        holder_name=holder.name if holder else "",
        reporter=case.reporter,
        resolver=case.resolver,
        whistled=case.whistled,
        returns=case.returns,
        refused=case.refused_at is not None,
        rated=case.rated_at is not None,
        closed_at=case.closed_at,
        urged_at=case.urged_at,
        units=tuple(case.units),
    )
