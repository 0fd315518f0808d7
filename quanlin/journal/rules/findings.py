"""What ``verify`` can find, and the checks that need only what streams by: no database here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from quanlin.journal.rules.entry import Entry
from quanlin.journal.rules.notes import Head

SAME_WRITER = timedelta(seconds=2)
"""One connection's entries are stamped one after the other; further backwards is a clock set back."""
LONGEST_TRANSACTION = timedelta(minutes=10)
"""An entry is stamped when it is written and sealed after its transaction, so it may be older by that much."""
CLOCKS_APART = timedelta(seconds=60)
"""How far the clocks of two machines may differ."""
MOST = 1_000
"""Findings that are told one by one; more are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``code`` for programs; ``idx`` and ``entry`` where it concerns one entry."""

    code: str
    text: str
    idx: int | None = None
    entry: int | None = None


@dataclass(slots=True)
class Report:
    """The outcome of a check of the entries ``first`` … ``size - 1`` of the log."""

    first: int
    size: int = 0
    entries: int = 0
    waiting: int = 0
    checkpoints: int = 0
    macs_checked: bool = True
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    def add(self, code: str, text: str, *, idx: int | None = None, entry: int | None = None) -> None:
        """Note a finding."""
        if len(self.findings) < MOST:
            self.findings.append(Finding(code, text, idx, entry))
        else:
            self.more += 1


def where(idx: int | None, entry: int) -> str:
    """How an entry is named to people."""
    return f"记录 {entry}（尚未封存）" if idx is None else f"第 {idx} 条（记录 {entry}）"


class Writers:
    """Whether each writer's numbers go up by one and its times do not go back."""

    def __init__(self, report: Report, *, from_the_beginning: bool):
        self._report = report
        self._from_the_beginning = from_the_beginning
        self._last: dict[UUID, tuple[int, datetime, int]] = {}

    def see(self, entry: Entry, *, trusted: bool = True) -> bool:
        """The next entry in the order of the log; whether nothing is wrong with it.

        One that is not ``trusted`` was named already, so that its number is taken but not judged.
        """
        known = self._last.get(entry.writer)
        number, expected = entry.writer_no, known[0] + 1 if known else 1
        if known is None and not self._from_the_beginning:
            expected = number
        if number == expected or (trusted and number > expected):
            self._last[entry.writer] = (number, entry.recorded_at, entry.id)
        if not trusted:
            return False
        name, writer = where(entry.idx, entry.id), str(entry.writer)[:8]
        if number > expected:
            lost = f"{expected}" if number == expected + 1 else f"{expected}–{number - 1}"
            after = f"记录 {known[2]}" if known else "开头"
            text = f"写入者 {writer} 的第 {lost} 号不见了，在{after}与{name}之间：写入后被删除。"
            self._report.add("writer_gap", text, idx=entry.idx, entry=entry.id)
        elif number < expected:
            text = f"{name}：写入者 {writer} 的第 {number} 号出现过，是重放、复制或调换来的。"
            self._report.add("writer_repeated", text, idx=entry.idx, entry=entry.id)
        elif known and entry.recorded_at < known[1] - SAME_WRITER:
            text = _clock(name, known[1] - entry.recorded_at)
            self._report.add("clock_back", text, idx=entry.idx, entry=entry.id)
        else:
            return True
        return False


class Clock:
    """Whether the times of entries fit their order and the checkpoints that cover them."""

    def __init__(self, report: Report):
        self._report = report
        self._latest: datetime | None = None

    def see(self, entry: Entry) -> None:
        """The next sealed entry."""
        if self._latest is not None and entry.recorded_at < self._latest - LONGEST_TRANSACTION:
            text = _clock(where(entry.idx, entry.id), self._latest - entry.recorded_at)
            self._report.add("clock_back", text, idx=entry.idx, entry=entry.id)
            self._latest = entry.recorded_at  # named once, not for each that follows
        elif self._latest is None or entry.recorded_at > self._latest:
            self._latest = entry.recorded_at

    def covered(self, head: Head, last: Entry | None) -> None:
        """A checkpoint over all entries so far."""
        if last is not None and last.recorded_at > head.time + CLOCKS_APART:
            text = f"{where(last.idx, last.id)}：入库时间晚于第 {head.number} 号检查点，时钟被改过。"
            self._report.add("clock_ahead", text, idx=last.idx, entry=last.id)


def _clock(name: str, back: timedelta) -> str:
    return f"{name}：入库时间比前面的记录倒退了 {round(back.total_seconds())} 秒，时钟被拨回。"


class Heads:
    """Whether the checkpoints, in their order, are counted, grow and go on in time."""

    def __init__(self, report: Report):
        self._report = report
        self._last: Head | None = None

    def see(self, head: Head) -> None:
        """The next checkpoint, its signature good."""
        last = self._last
        expected = last.number + 1 if last else 1
        if head.number != expected:
            lost = f"{expected}" if head.number == expected + 1 else f"{expected}–{head.number - 1}"
            self._report.add("checkpoint_missing", f"第 {lost} 号检查点不见了（在第 {head.number} 号之前）。")
        if last and head.size < last.size:
            text = (
                f"第 {head.number} 号检查点只有 {head.size} 条，前一号有 {last.size} 条：日志曾被截短后重建。"
            )
            self._report.add("checkpoint_shrinks", text)
        if last and head.time < last.time - SAME_WRITER:
            back = round((last.time - head.time).total_seconds())
            self._report.add(
                "clock_back", f"第 {head.number} 号检查点的时间比前一号早 {back} 秒，时钟被拨回。"
            )
        self._last = head

    @property
    def last(self) -> Head | None:
        """The newest so far."""
        return self._last


def names(indexes: Sequence[int]) -> str:
    """第 3 条 or 第 3–6 条."""
    first, last = indexes[0], indexes[-1]
    return f"第 {first} 条" if first == last else f"第 {first}–{last} 条"
