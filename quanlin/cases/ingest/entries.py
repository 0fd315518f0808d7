"""From a row of cells to what will be opened, or to what is wrong with it. Pure but for the digest of a file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from quanlin.cases.ingest.columns import ColumnMap
from quanlin.cases.ingest.masking import mask_numbers
from quanlin.cases.ingest.reading import Row
from quanlin.cases.rules.catalogue import Kind, suggest
from quanlin.cases.rules.numbers import CHINA
from quanlin.cases.rules.words import LONGEST_TITLE, LONGEST_WORDS

LONGEST_NOTE = 2000
MOST_NOTES = 10
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_EMPTY = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\ufeff]+")


class BadRow(Exception):
    """column: name in the file ('' for the whole row); reason: a Chinese sentence."""

    def __init__(self, column: str, reason: str):
        super().__init__(reason)
        self.column, self.reason = column, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row, checked and masked. more: what of the text does not fit into a case, as notes; reply likewise."""

    line: int
    number: str
    title: str
    text: str
    more: tuple[str, ...]
    at: datetime
    kind: str
    reply: tuple[str, ...]
    replied_at: datetime | None


def read_entry(row: Row, mapping: ColumnMap, kinds: Mapping[str, Kind], *, now: datetime) -> Entry:
    """The entry of a row. Raises BadRow naming the column."""
    if row.fault:
        raise BadRow("", row.fault)
    columns = mapping.columns

    def cell(meaning: str) -> str:
        return row.cells.get(columns.get(meaning, ""), "").replace("\x00", "").strip()

    title, said = cell("title"), cell("text") or cell("title")
    if not _EMPTY.sub("", said):
        raise BadRow(columns["text"], "没有内容")
    if len(said) > LONGEST_WORDS + MOST_NOTES * LONGEST_NOTE:
        raise BadRow(columns["text"], f"内容有 {len(said)} 个字，太长了，请分成几件")
    at = _moment(cell("time"), mapping, columns["time"], now)
    reply, replied_at = cell("reply"), None
    if reply and cell("reply_time"):
        replied_at = _moment(cell("reply_time"), mapping, columns["reply_time"], now)
        if replied_at < at:
            raise BadRow(columns["reply_time"], "答复的时间早于报事的时间")
    if reply and cell("reply_by"):
        reply = f"{cell('reply_by')}答复：\n{reply}"
    if len(title) > LONGEST_TITLE:
        said, title = f"{title}\n{said}", ""
    said, title = mask_numbers(said), mask_numbers(title)
    return Entry(
        line=row.line, number=cell("number") or _digest_of(row), title=title, text=said[:LONGEST_WORDS],
        more=_pieces(said[LONGEST_WORDS:]), at=at, kind=_kind(title, said, cell("topic"), mapping, kinds),
        reply=_pieces(mask_numbers(reply, landlines=False)), replied_at=replied_at,
    )  # fmt: skip


def _pieces(text: str) -> tuple[str, ...]:
    """The text in notes that each fit, in order, none empty."""
    cut = (text[i : i + LONGEST_NOTE].strip() for i in range(0, len(text), LONGEST_NOTE))
    return tuple(piece for piece in cut if _EMPTY.sub("", piece))


def _digest_of(row: Row) -> str:
    return sha256("\x1f".join(row.cells.values()).encode("utf-8", "replace")).hexdigest()[:24]


def _moment(text: str, mapping: ColumnMap, column: str, now: datetime) -> datetime:
    if not text:
        raise BadRow(column, "没有时间")
    for pattern in mapping.times:
        try:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007  the zone follows
        except ValueError:
            continue
        if found.tzinfo is None:
            found = found.replace(tzinfo=CHINA)
        found = found.astimezone(UTC)
        if not EARLIEST <= found <= now:
            raise BadRow(column, f"时间「{text[:30]}」不对：要在 2000 年以后、现在以前")
        return found
    raise BadRow(column, f"时间「{text[:30]}」认不出，应写成 {mapping.times[0]} 这样")


def _kind(title: str, text: str, topic: str, mapping: ColumnMap, kinds: Mapping[str, Kind]) -> str:
    if topic in mapping.kinds:
        return mapping.kinds[topic]
    ranked = suggest(
        f"{title}\n{title}\n{text[:1000]}", kinds
    )  # a subject says more than the story behind it
    return ranked[0][0] if ranked else mapping.default_kind
