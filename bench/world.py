"""Fills the bench's database and says who may ask with which token."""

import json
from pathlib import Path

import psycopg

from bench import data
from quanlin.kit.placenumber import has_level

DESKS = 20


def fill(owner_url: str, *, cases: int, movable: int, out: Path) -> None:
    """Units, workers, tokens and cases. Run as the application in a process with Django set up; COPY as the owner."""
    from quanlin.cases import queries as kinds_of
    from quanlin.kit.actor import SYSTEM
    from quanlin.places import queries as places
    from quanlin.staff import actions as staff
    from quanlin.staff import queries as staff_queries
    from quanlin.staff.actions import act_as

    with act_as(SYSTEM):
        communities = [c.number for c in places.divisions(("community",))]
        chosen = communities[:: len(communities) // DESKS][:DESKS]
        tokens = []
        for i, number in enumerate(chosen):
            unit = staff.open_unit(name=f"第{i + 1}社区", sort="desk", place=number, actor=SYSTEM)
            tokens.append(_worker(staff, f"bench-{i}", unit.pk, number, SYSTEM))
        lists = []  # lists are asked by desks of every level, half of them communities
        for level, many in (("street", 5), ("district", 3), ("city", 1)):
            for card in places.divisions((level,))[:many]:
                unit = staff_queries.unit_for("desk", card.number)
                token = _worker(staff, f"bench-{level}-{card.number}", unit.id, card.number, SYSTEM)
                lists.append((card.code, token, card.number))
        for number in communities[5 :: len(communities) // 9][:9]:
            unit = staff.open_unit(name=f"社区{number % 1000}", sort="desk", place=number, actor=SYSTEM)
            token = _worker(staff, f"bench-list-{number}", unit.pk, number, SYSTEM)
            lists.append((places.place(number, viewer=SYSTEM).code, token, number))
        desk_of = {}
        for number in communities:
            unit = staff_queries.unit_for("desk", number)
            desk_of[number] = (unit.id, unit.level)
        kinds = [(k.code, k.group, k.scenario) for k in kinds_of.current_kinds().values()]
        codes = {n: places.place(n, viewer=SYSTEM).code for n in chosen}
    with psycopg.connect(owner_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "SELECT set_config('q.lo', '0', false), set_config('q.hi', '9223372036854775807', false)"
        )
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'cases_case' AND indexdef NOT LIKE 'CREATE UNIQUE%'"
        ).fetchall()
        for name, _ in indexes:  # made again at the end: five million rows into nine indexes take an hour
            connection.execute(f"DROP INDEX {name}")
        data.copy(
            connection,
            data.rows(count=cases, communities=communities, desk_of=desk_of, kinds=kinds, prefix="bulk"),
        )
        data.copy(
            connection,
            data.rows(
                count=movable,
                communities=chosen,
                desk_of=desk_of,
                kinds=kinds,
                prefix=data.MOVABLE,
                only_reported=True,
                start=cases,
            ),
        )
        connection.execute(
            "INSERT INTO cases_holding (case_id, place, seq, step, unit, round, started_at, due_at, allowed, ended_by)"
            " SELECT id, place, 1, 'accept', holder_unit, 1, opened_at, due_at, 120, '' FROM cases_case WHERE state <> 'closed'"
        )
        connection.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            connection.execute(definition)
        found = connection.execute(
            "SELECT number, community FROM cases_case WHERE intake_key LIKE 'movable:%'"
        ).fetchall()
        some = connection.execute(
            "SELECT number, community FROM cases_case WHERE community = ANY(%s) LIMIT 5000", [chosen]
        ).fetchall()
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    token_of = dict(zip(chosen, tokens, strict=True))
    out.write_text(
        json.dumps(
            {
                "movable": [(n, token_of[c]) for n, c in found],
                "some": [(n, token_of[c]) for n, c in some],
                "places": [(codes[c], token_of[c]) for c in chosen],
                "lists": [(code, token) for code, token, _ in lists],
                "numbers": [(number, "") for _, _, number in lists if has_level(number, "community")],
            }
        )
    )


def _worker(staff, name: str, unit: int, place: int, system) -> str:
    account = staff.open_account(username=name, sort="staff", password=None, actor=system)
    grant = staff.grant(account=account.pk, role="operator", place=place, unit=unit, actor=system)
    return staff.make_token(
        account=account.pk, scope="write", name="bench", actor=system, grant_id=grant.pk, days=30
    )
