"""Reading one row of a case by hand: the statement is made once, where the ORM would compile sixty columns each time."""

import json

from django.db import connection

from quanlin.cases.models import Case

NAMES = [f.attname for f in Case._meta.concrete_fields]
_COLUMNS = ", ".join(f'"{f.column}"' for f in Case._meta.concrete_fields)
_SELECT = f"SELECT {_COLUMNS} FROM cases_case WHERE number = %s"  # noqa: S608
_FIELDS = NAMES.index("fields")


def read_case(number: str, *, lock: bool = False) -> Case | None:
    """The case of a parsed number in the present scope. lock: for the rest of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT + " FOR UPDATE" if lock else _SELECT, [number])
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    values[_FIELDS] = json.loads(values[_FIELDS]) if isinstance(values[_FIELDS], str) else values[_FIELDS]
    return Case.from_db("default", NAMES, values)


def values_of(case: Case) -> dict[str, object]:
    """The columns of a case as they are now, to be compared after a change."""
    return {name: getattr(case, name) for name in NAMES}
