"""Opening the rows of a table as cases: in batches, each whole or not at all; what stands already is left alone."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from itertools import islice
from pathlib import Path

from django.db import transaction

from quanlin.cases.actions import Given, Reporter, move_case, open_case
from quanlin.cases.ingest.columns import ColumnMap, fitting_map
from quanlin.cases.ingest.entries import BadRow, Entry, read_entry
from quanlin.cases.ingest.reading import Row, Table, open_table
from quanlin.cases.models import Case
from quanlin.cases.queries import current_kinds
from quanlin.cases.rules.catalogue import Kind
from quanlin.kit import clock
from quanlin.kit.actor import WHOLE, Actor
from quanlin.kit.errors import QuanlinError, Refused
from quanlin.kit.placenumber import has_level
from quanlin.places import queries as places
from quanlin.staff.actions import act_as

BATCH = 200
IMPORTER = Actor(sort="system", role="system", ranges=WHOLE, label="导入")
NO_PLACE = "地点未写明"
# A市, A3区, K8县: the places of texts that were made anonymous. The names beside them are no names of this city.
_ELSEWHERE = re.compile(r"(?<![A-Za-z0-9])[A-Z][0-9]{0,2}[市区县]")
_ERROR_HEAD = ("行号", "编号", "列", "原因")


@dataclass(slots=True, kw_only=True)
class Report:
    """How far an import has come. known: rows that an earlier run has opened; errors: file of the bad rows."""

    map_name: str
    encoding: str
    size: int
    done: int = 0
    read: int = 0
    opened: int = 0
    closed: int = 0
    known: int = 0
    bad: int = 0
    matched: int = 0
    errors: Path | None = None


Progress = Callable[[Report], None]


def import_cases(
    path: Path, *, place: int, mapping: ColumnMap | None = None, limit: int | None = None, errors: Path | None = None,
    progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Open a case for each row. Running again goes on where an earlier run stopped and opens nothing twice.

    place: number of the place in which addresses are looked for; a row without one goes to its communities in turn.
    errors: where bad rows are told, ``<file>.errors.csv`` when not given. Raises Refused when nothing can be read.
    """
    errors = errors or path.with_name(path.name + ".errors.csv")
    with open_table(path) as table:
        chosen = mapping or fitting_map(table.header)
        missing = chosen.missing(table.header)
        if missing:
            raise Refused(
                "columns",
                f"{path.name} 里没有这些列：{'、'.join(missing)}。它的列是：{'、'.join(table.header)[:300]}。",
            )
        report = Report(map_name=chosen.name, encoding=table.encoding, size=table.size)
        with act_as(IMPORTER, read_only=True):
            kinds = current_kinds()
            _check_kinds(chosen, kinds)
            spots = _Spots(place, addresses=chosen.addresses)
        run = _Run(chosen, kinds, spots, report, _Errors(errors), _source(path, chosen))
        try:
            rows = islice(table.rows, limit)
            while batch := list(islice(rows, BATCH)):
                run.take(batch, table)
                if progress:
                    progress(report)
        finally:
            run.errors.close()
        report.errors = run.errors.path if report.bad else None
    return report


def _check_kinds(mapping: ColumnMap, kinds: Mapping[str, Kind]) -> None:
    unknown = sorted({mapping.default_kind, *mapping.kinds.values()} - set(kinds))
    if unknown:
        raise Refused(
            "map", f"{mapping.name}：没有这些类别：{'、'.join(unknown)}。可以用：{'、'.join(kinds)}。"
        )


def _source(path: Path, mapping: ColumnMap) -> str:
    if mapping.source:
        return mapping.source
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()[:16]


class _Spots:
    """Where a row goes: the place that its words name, else the communities below in turn."""

    def __init__(self, place: int, *, addresses: bool):
        self.place, self.addresses = place, addresses
        self.below: dict[int, tuple[int, ...]] = {}
        self.next: dict[int, int] = {}

    def find(self, entry: Entry, turn: int) -> tuple[int, str, bool]:
        """(place, what is said of it, whether the words named it)."""
        words = f"{entry.title}\n{entry.text}"
        found = None
        if self.addresses and not _ELSEWHERE.search(words):
            found = places.certain(places.match_address(words, viewer=IMPORTER, within=self.place))
        if found is not None and has_level(found.number, "community"):
            return found.number, "", True
        whole = found.number if found is not None else self.place
        spots = self.below.get(whole) or self.below.setdefault(whole, tuple(_communities(whole)) or (whole,))
        said = f"{found.name}，具体{NO_PLACE}" if found is not None else NO_PLACE
        return spots[turn % len(spots)], said, found is not None


def _communities(place: int) -> Iterator[int]:
    card = places.place(place, viewer=IMPORTER)
    for child in places.children(place, viewer=IMPORTER):
        if card.level == "community" or child.level == "community":
            yield child.number
        else:
            yield from _communities(child.number)


class _Errors:
    """The file of bad rows; it appears with the first one."""

    def __init__(self, path: Path):
        self.path, self._file = path, None

    def tell(self, line: int, number: str, column: str, reason: str) -> None:
        if self._file is None:
            try:
                self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            except OSError as fault:
                raise Refused(
                    "errors",
                    f"写不了错误文件 {self.path}：{fault.strerror}。请用 --errors 换一个位置；已导入的不会重来。",
                ) from None
            csv.writer(self._file).writerow(_ERROR_HEAD)
        csv.writer(self._file).writerow([line, _safe(number), column, _safe(reason)])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _safe(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    text = text.encode("utf-8", "replace").decode()
    return "'" + text if text[:1] in "=+-@\t\r" else text


@dataclass(slots=True)
class _Run:
    mapping: ColumnMap
    kinds: Mapping[str, Kind]
    spots: _Spots
    report: Report
    errors: _Errors
    source: str
    seen: dict[str, int] = field(default_factory=dict)

    def take(self, rows: list[Row], table: Table) -> None:
        """One batch in one transaction. What is told of it counts only once it stands."""
        entries, bad = self._read(rows)
        opened = closed = matched = known = 0
        with act_as(IMPORTER):
            standing = self._standing(entries)
            for turn, entry in entries:
                if self._key(entry) in standing:
                    known += 1
                    continue
                try:
                    with transaction.atomic():
                        named, ended = self._open(entry, turn)
                except QuanlinError as refused:
                    bad.append((entry.line, entry.number, refused.field, refused.message))
                    continue
                opened, closed, matched = opened + 1, closed + ended, matched + named
        report = self.report
        report.read += len(rows)
        report.opened, report.closed = report.opened + opened, report.closed + closed
        report.matched, report.known, report.bad = (
            report.matched + matched,
            report.known + known,
            report.bad + len(bad),
        )
        report.done = table.done
        for line, number, column, reason in sorted(bad):
            self.errors.tell(line, number, column, reason)

    def _read(self, rows: list[Row]) -> tuple[list[tuple[int, Entry]], list[tuple[int, str, str, str]]]:
        entries, bad, now = [], [], clock.now()
        number_column = self.mapping.columns.get("number", "")
        for turn, row in enumerate(rows, start=self.report.read):
            try:
                entry = read_entry(row, self.mapping, self.kinds, now=now)
                first = self.seen.setdefault(entry.number, entry.line)
                if first != entry.line:
                    raise BadRow(number_column, f"和第 {first} 行是同一个编号")
                entries.append((turn, entry))
            except BadRow as fault:
                bad.append((row.line, row.cells.get(number_column, "")[:60], fault.column, fault.reason))
        return entries, bad

    def _key(self, entry: Entry) -> str:
        number = entry.number
        if len(number) > 40 or not number.isprintable():
            number = sha256(number.encode()).hexdigest()[:40]
        return f"import:{self.source}:{number}"[:80]

    def _standing(self, entries: list[tuple[int, Entry]]) -> set[str]:
        """Keys of the batch that an earlier run has opened."""
        prefix = f"{IMPORTER.sort}0:"
        keys = [prefix + self._key(entry) for _, entry in entries]
        found = Case.objects.filter(intake_key__in=keys).values_list("intake_key", flat=True)
        return {key.removeprefix(prefix) for key in found}

    def _open(self, entry: Entry, turn: int) -> tuple[bool, bool]:
        """(whether the words named the place, whether the case was closed with its reply)."""
        place, said, named = self.spots.find(entry, turn)
        close = self.mapping.close_with_reply and bool(entry.reply) and entry.replied_at is not None
        with clock.at(entry.at):
            opened = open_case(
                kind=entry.kind, text=entry.text, title=entry.title, place=place, place_text=said, actor=IMPORTER,
                key=self._key(entry), reporter=Reporter(sort="resident"), channel="import", mirrored=close,
            )  # fmt: skip
            version = 1
            for note in entry.more:
                version = self._move(opened.number, "note", version, Given(words=note))
            if not close:
                for note in entry.reply:
                    version = self._move(opened.number, "note", version, Given(words=note))
        if close and entry.replied_at is not None:
            with clock.at(entry.replied_at):
                self._close(opened.number, version, entry.reply, opened.holder_unit)
        return named, close

    def _close(self, number: str, version: int, reply: tuple[str, ...], desk: int) -> None:
        for move, given in (
            ("accept", Given()), ("assign", Given(unit=desk)), ("take", Given()),
            *(("note", Given(words=piece)) for piece in reply[:-1]),
            ("resolve", Given(words=reply[-1])), ("verify", Given(closing_reason="explained")),
        ):  # fmt: skip
            version = self._move(number, move, version, given)

    def _move(self, number: str, move: str, version: int, given: Given) -> int:
        return move_case(number=number, move=move, version=version, actor=IMPORTER, given=given).version
