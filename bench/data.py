"""Cases by the hundred thousand, as COPY rows; workers with tokens; all invented."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg

from quanlin.cases.rules.numbers import check_digit
from quanlin.kit.placenumber import ancestor

STATES = (
    ("closed",) * 85
    + ("reported",) * 3
    + ("accepted",) * 2
    + ("assigned",) * 3
    + ("working",) * 5
    + ("resolved",) * 2
)
TITLES = (
    "楼下路灯三天不亮了",
    "供暖管漏水，路面结冰",
    "电梯里停放电动车",
    "楼道堆放杂物挡住消火栓",
    "夜间外放音响扰民",
    "地下车库渗水",
)
MOVABLE = "movable"  # intake keys of the cases that the bench accepts

COLUMNS = (
    "number", "intake_key", "intake_digest", "kind", "kind_version", '"group"', "scenario", "title", "words", "fields", "place",
    "community", "street", "district", "place_text", "reporter_mask", "reporter_phone_mask", "reporter_sort", "channel", "mirrored",
    "drill", "invented", "public", "urgent", "state", "level", "desk_unit", "holder_unit", "units", "whistled", "returns", "rounds",
    "urges", "version", "step_seq", "step_started_at", "step_allowed", "due_at", "promised_at", "work_late", "overdue_seq",
    "opened_at", "changed_at", "closed_at", "closing_reason", "closed_level", "rating_stands",
)  # fmt: skip


def rows(
    *, count: int, communities: list[int], desk_of: dict[int, tuple[int, str]], kinds: list[tuple[str, str, str]],
    prefix: str, only_reported: bool = False, start: int = 0,
) -> Iterator[tuple]:  # fmt: skip
    """``count`` rows of cases_case spread over two years and the communities. kinds: (code, group, scenario); start: of the running number."""
    rand = random.Random(start)
    now = datetime.now(UTC)
    digest = sha256(b"bench").digest()
    step = 9_999_991  # coprime to 10^7: numbers of a month do not repeat
    for i in range(count):
        opened = (
            now - timedelta(seconds=rand.randrange(60, 730 * 86400))
            if not only_reported
            else now - timedelta(minutes=5)
        )
        body = f"{opened:%y%m}{(start + i) * step % 10_000_000:07d}"
        community = rand.choice(communities)
        unit, level = desk_of[community]
        code, group, scenario = rand.choice(kinds)
        state = "reported" if only_reported else rand.choice(STATES)
        title = rand.choice(TITLES)
        ended = state == "closed"
        due = None if ended else opened + timedelta(hours=rand.randrange(2, 200))
        yield (
            body + check_digit(body), f"{prefix}:{i}", digest, code, 1, group, scenario, title, title + "，请尽快处理。", "{}", community,
            community, ancestor(community, "street"), ancestor(community, "district"), "济南市某社区", "王**", "138****0001", "resident",
            "page", False, False, True, False, False, state, level, unit, unit, [unit], False, 0, 1, 0, 1, 1, opened,
            None if ended else 120, due, opened + timedelta(days=2), False, 0, opened, opened, opened + timedelta(hours=9) if ended else None,
            "solved" if ended else "", "community" if ended else "", False,
        )  # fmt: skip


def copy(connection: psycopg.Connection, source: Iterator[tuple]) -> None:
    """COPY the rows in."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY cases_case ({', '.join(COLUMNS)}) FROM STDIN") as into,
    ):
        for row in source:
            into.write_row(row)
