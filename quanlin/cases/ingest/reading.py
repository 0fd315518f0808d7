"""Reading a table of unknown encoding row by row: a broken row is told and skipped, the rest goes on."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from charset_normalizer import from_bytes

from quanlin.kit.errors import Refused

SAMPLE = 256 * 1024
LARGEST_CELL = 1_000_000
BROKEN = "\udcff"
"""Stands for bytes that cannot be read; unlike U+FFFD, which many files carry in good encoding, no file contains it."""
codecs.register_error("broken-bytes", lambda fault: (BROKEN, getattr(fault, "end", 0)))
DELIMITERS = ",\t;|"
ENCODINGS = ["utf_8", "gb18030", "big5", "utf_16", "utf_16_le", "utf_16_be"]
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row. line: of the file where it ends; cells by column; fault: what is wrong with the row as a whole."""

    line: int
    cells: dict[str, str]
    fault: str = ""


@dataclass(slots=True)
class Table:
    """An open table. done: bytes read so far of ``size``."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    size: int
    done: int = 0
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))


class _Counted(io.RawIOBase):
    """The bytes of a file, counted as they are read."""

    def __init__(self, raw: io.FileIO):
        self.raw, self.done = raw, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = self.raw.readinto(buffer) or 0
        self.done += count
        return count


def encoding_of(sample: bytes, *, whole: bool) -> str:
    """The encoding of a file from its beginning; GB18030 stands for the older Chinese ones, which it contains."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    body = sample if whole else sample[: sample.rfind(b"\n") + 1] or sample
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    best = from_bytes(body[:65536], cp_isolation=ENCODINGS).best()
    if best is not None:
        return "gb18030" if best.encoding in ("gbk", "gb2312", "gb18030") else best.encoding
    # a few broken bytes: whichever reads with fewer of them
    return min(("utf-8", "gb18030"), key=lambda name: body.decode(name, "replace").count("\ufffd"))


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """The table in a file. Raises Refused when there is no file, no header, or it is not text."""
    try:
        raw = open(path, "rb", buffering=0)  # noqa: SIM115
    except OSError as fault:
        raise Refused("file", f"打不开 {path}：{fault.strerror}。请核对路径。") from None
    with raw:
        size = path.stat().st_size
        sample = raw.read(SAMPLE) or b""
        if not sample.strip(b"\x00 \r\n\t"):
            raise Refused("file", f"{path.name} 是空的，没有可导入的行。")
        if sample.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
            raise Refused("file", f"{path.name} 不是文本表格（可能是 Excel 或 PDF）。请另存为 CSV 再导入。")
        encoding = encoding_of(sample, whole=len(sample) == size)
        raw.seek(0)
        counted = _Counted(raw)
        text = io.TextIOWrapper(
            io.BufferedReader(counted, 1 << 16), encoding=encoding, errors="broken-bytes", newline=""
        )
        first = sample.decode(encoding, "replace").lstrip("\ufeff\r\n").split("\n", 1)[0]
        delimiter = max(DELIMITERS, key=first.count)
        reader = csv.reader(text, delimiter=delimiter)
        before = csv.field_size_limit(LARGEST_CELL)
        try:
            header = next(
                (tuple(c.strip().strip("\ufeff") for c in cells) for cells in reader if any(cells)), ()
            )
            if len(set(header)) != len(header):
                twice = sorted({c for c in header if header.count(c) > 1})
                raise Refused("file", f"{path.name} 有同名的列：{'、'.join(twice)[:200]}。请改名后再导入。")
            table = Table(path=path, encoding=encoding, delimiter=delimiter, header=header, size=size)
            table.rows = _rows(reader, table, counted)
            yield table
        except csv.Error as fault:
            raise Refused("file", f"{path.name} 读不成表格：{fault}。") from None
        finally:
            csv.field_size_limit(before)


def _rows(reader, table: Table, counted: _Counted) -> Iterator[Row]:
    width = len(table.header)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            table.done = table.size
            return
        except csv.Error as fault:
            table.done = counted.done
            why = (
                f"一格超过 {LARGEST_CELL} 个字，可能少了一个引号"
                if "field larger" in str(fault)
                else str(fault)
            )
            yield Row(line=reader.line_num, cells={}, fault=why)
            continue
        table.done = counted.done
        if not any(c.strip() for c in cells):
            continue
        fault = ""
        if len(cells) != width:
            fault = f"这一行有 {len(cells)} 格，表头有 {width} 格"
        elif any(BROKEN in c for c in cells):
            fault = "有读不出的字，文件的编码在这里坏了"
        yield Row(line=reader.line_num, cells=dict(zip(table.header, cells, strict=False)), fault=fault)
