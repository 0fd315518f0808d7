"""Has anybody tampered with the log? Everything is computed anew from the rows, in bounded memory.

One snapshot (REPEATABLE READ) is read in windows, so that a running relay does not disturb. The leaf hashes
come from the rows, the tree from the leaves, the roots are held against every signed checkpoint and against
copies kept elsewhere. What is wrong is named once, where it is, and the check goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from quanlin.journal.rules import content, notes, tree
from quanlin.journal.rules.entry import STORED_COLUMNS, Entry, from_row
from quanlin.journal.rules.findings import Clock, Heads, Report, Writers, names, where
from quanlin.kit.actor import SYSTEM

_WINDOW = 2_000
_UNSIGNED = timedelta(seconds=60)
_COLUMNS = ", ".join(f"e.{name}" for name in STORED_COLUMNS)


def verify(
    *,
    verifiers: Sequence[notes.Verifier],
    writer_key: bytes | None,
    first: int = 0,
    end: int | None = None,
    outside: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Check entries ``first`` … ``end - 1`` of the log (all when not given).

    verifiers:  the log's public keys
    writer_key: ``Keyring.writer_key``; None skips what needs it, for an auditor without the key file
    outside:    checkpoints that were kept elsewhere

    Raises NoteWrong when one of ``outside`` is not signed by a known key.
    """
    kept = [notes.check(note, verifiers) for note in outside]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            ((low, high),) = SYSTEM.ranges
            cursor.execute(
                "SELECT set_config('q.role', 'system', true), set_config('q.lo', %s, true),"
                " set_config('q.hi', %s, true)",
                [str(low), str(high)],
            )
        return _Check(verifiers, writer_key, first, end, kept, progress).run()


class _Check:
    def __init__(
        self,
        verifiers: Sequence[notes.Verifier],
        writer_key: bytes | None,
        first: int,
        end: int | None,
        kept: Sequence[notes.Head],
        progress: Callable[[int, int], None],
    ):
        self.report = Report(first, macs_checked=writer_key is not None)
        self.verifiers = verifiers
        self.writer_key = writer_key
        self.progress = progress
        self.total: int = _rows("SELECT coalesce(max(idx) + 1, 0) FROM journal_leaf")[0][0]
        self.end = self.total if end is None else min(end, self.total)
        self.whole = self.end == self.total
        self.kept = sorted(kept, key=lambda head: head.size)
        self.writers = Writers(self.report, from_the_beginning=first == 0)
        self.clock = Clock(self.report)
        self.heads = Heads(self.report)
        self.coming = self._checkpoints()
        self.head = next(self.coming, None)
        self.wrong_roots = 0
        self.first_wrong: notes.Head | None = None
        self.last: Entry | None = None
        # None: a leaf is missing, so that no root after it can be computed.
        self.frontier: tree.Frontier | None = tree.Frontier(first, _peaks(first))

    def run(self) -> Report:
        """All checks in turn."""
        first = self.report.first
        self._at(first)
        for start in range(first, self.end, _WINDOW):
            end = min(self.end, start + _WINDOW)
            self._window(start, end)
            self.progress(end - first, self.end - first)
        self._tell_roots()
        if self.whole:
            self._tail()
        self._orphans()
        self.report.size = self.total
        return self.report

    def _at(self, position: int) -> None:
        """Hold the checkpoints over the first ``position`` entries against the tree."""
        while self.head and self.head.size <= position:
            self.heads.see(self.head)
            if self.head.size == position and self.frontier is not None:
                self._compare(self.head, self.frontier.root())
            self.head = next(self.coming, None)
        for outside in self.kept:
            if outside.size == position and self.frontier and self.frontier.root() != outside.root:
                text = (
                    f"另存的检查点（{position} 条）与现在的日志不符：这 {position} 条里有改动，树被重建过。"
                )
                self.report.add("outside_differs", text)

    def _compare(self, head: notes.Head, root: bytes) -> None:
        if root == head.root:
            self.clock.covered(head, self.last)
        else:
            self.wrong_roots += 1
            self.first_wrong = self.first_wrong or head

    def _window(self, start: int, end: int) -> None:
        """Entries ``start`` … ``end - 1``."""
        stored = {
            (level, index): bytes(value)
            for level, index, value in _rows(
                "SELECT n.level, n.index, n.hash FROM generate_series(1, 62) AS w(level)"
                " JOIN journal_node n ON n.level = w.level"
                " AND n.index >= %s >> w.level AND n.index < %s >> w.level",
                [start, end],
            )
        }
        rows = iter(
            _rows(
                f"SELECT l.idx, l.entry_id, l.hash, {_COLUMNS} FROM journal_leaf l"  # noqa: S608
                " LEFT JOIN journal_entry e ON e.id = l.entry_id"
                " WHERE l.idx >= %s AND l.idx < %s ORDER BY l.idx",
                [start, end],
            )
        )
        row = next(rows, None)
        for idx in range(start, end):
            if row is None or row[0] != idx:
                text = f"第 {idx} 条在树里没有叶子：被删除。其后的树无法重算，只逐条核对内容。"
                self.report.add("leaf_missing", text, idx=idx)
                self.frontier = None
                self._at(idx + 1)
                continue
            self._leaf(idx, row[1], bytes(row[2]), row[3:])
            if self.frontier is not None:
                self.frontier.append(bytes(row[2]), settle=lambda node: self._settle(node, stored))
            self._at(idx + 1)
            row = next(rows, None)

    def _leaf(self, idx: int, entry_id: int, leaf: bytes, values: Sequence[Any]) -> None:
        name = where(idx, entry_id)
        if values[0] is None:
            if leaf == content.lost_leaf(entry_id, idx):
                self.report.add(
                    "lost", f"{name}：封存前就已被删除，只剩排队的记号。", idx=idx, entry=entry_id
                )
            else:
                self.report.add("entry_missing", f"{name}：封存之后被删除。", idx=idx, entry=entry_id)
            return
        entry = from_row([idx, *values])
        good_mac = self._good_mac(entry)
        if content.entry_leaf(entry.row(), idx) != leaf:
            how = (
                "序号、记录号、入库时间或叶子与封存时不同，被改过或与别的记录调换过"
                if good_mac
                else "内容与封存时不同，写入凭证也不符，被改过"
            )
            self.report.add("altered", f"{name}：{how}。", idx=idx, entry=entry_id)
        elif not good_mac:
            self.report.add("forged", f"{name}：写入凭证不符，不是本系统写入的。", idx=idx, entry=entry_id)
        if self.writers.see(entry, trusted=good_mac):
            self.clock.see(entry)
        self.last = entry
        self.report.entries += 1

    def _good_mac(self, entry: Entry) -> bool:
        if self.writer_key is None:
            return True
        text = content.canonical(content.written(entry.row()))
        return content.writer_mac(text, self.writer_key) == entry.mac

    def _settle(self, node: tree.Node, stored: dict[tuple[int, int], bytes]) -> bytes:
        found = stored.get((node.level, node.index))
        if found == node.hash:
            return found
        span = names([node.index << node.level, (node.index + 1 << node.level) - 1])
        what = "不见了" if found is None else "与下面的叶子不符，叶子的次序或数值被改过"
        self.report.add("node_wrong", f"树中{span}之上的节点{what}。", idx=node.index << node.level)
        return found or node.hash

    def _checkpoints(self) -> Iterator[notes.Head]:
        """The stored checkpoints whose signature is good, by number."""
        number = -1
        while True:
            rows = _rows(
                "SELECT number, size, note FROM journal_checkpoint WHERE number > %s ORDER BY number LIMIT 1000",
                [number],
            )
            for number, size, note in rows:
                self.report.checkpoints += 1
                try:
                    head = notes.check(note, self.verifiers)
                except notes.NoteWrong:
                    text = f"第 {number} 号检查点的签名不符：不是本系统签的，或被改过。"
                    self.report.add("signature_wrong", text)
                    continue
                if (head.number, head.size) != (number, size):
                    text = f"第 {number} 号检查点的编号或条数与签名的内容不符。"
                    self.report.add("checkpoint_wrong", text)
                yield head
            if not rows:
                return

    def _tell_roots(self) -> None:
        if self.first_wrong is None:
            return
        number, size = self.first_wrong.number, self.first_wrong.size
        text = f"第 {number} 号检查点签名的根与现在的树不符：前 {size} 条里有改动，树被重建过。"
        if self.wrong_roots > 1:
            text += f"其后还有 {self.wrong_roots - 1} 个检查点同样不符。"
        self.report.add("root_differs", text)

    def _tail(self) -> None:
        """What lies beyond the end of the log, or should."""
        while self.head:
            self.heads.see(self.head)
            if self.head.size > self.total:
                self._cut(f"第 {self.head.number} 号检查点", self.head.size)
            self.head = next(self.coming, None)
        newest = self.heads.last.number if self.heads.last else 0
        for outside in self.kept:
            if outside.size > self.total:
                self._cut("另存的检查点", outside.size)
            if outside.number > newest:
                text = f"另存的第 {outside.number} 号检查点在数据库里没有：检查点被删除。"
                self.report.add("checkpoint_missing", text)
        self._unsigned()

    def _cut(self, what: str, size: int) -> None:
        self.report.add("truncated", f"{what}有 {size} 条，日志只剩 {self.total} 条：尾部被截去。")

    def _unsigned(self) -> None:
        signed = self.heads.last.size if self.heads.last else 0
        for idx, entry_id in _rows(
            "SELECT l.idx, l.entry_id FROM journal_relay r, journal_leaf l"
            " JOIN journal_entry e ON e.id = l.entry_id WHERE l.idx = %s AND r.seen_at > e.recorded_at + %s",
            [signed, _UNSIGNED],
        ):
            text = f"{where(idx, entry_id)}起没有检查点签名，封存进程却早已运行过：检查点被删，或记录是添的。"
            self.report.add("unsigned", text, idx=idx, entry=entry_id)

    def _orphans(self) -> None:
        """Rows that are in one place and not in the other, and what still waits."""
        for (entry_id,) in _rows(
            "SELECT e.id FROM journal_entry e"
            " WHERE NOT EXISTS (SELECT 1 FROM journal_leaf l WHERE l.entry_id = e.id)"
            " AND NOT EXISTS (SELECT 1 FROM journal_queue q WHERE q.entry_id = e.id) ORDER BY e.id LIMIT 1000"
        ):
            text = f"记录 {entry_id}：既没有封存，也不在排队，是添进去的，或它的叶子被删除。"
            self.report.add("orphan", text, entry=entry_id)
        rows = _rows(
            f"SELECT q.entry_id, {_COLUMNS} FROM journal_queue q"  # noqa: S608
            " LEFT JOIN journal_entry e ON e.id = q.entry_id ORDER BY q.entry_id LIMIT 100000"
        )
        for entry_id, *values in rows:
            self.report.waiting += 1
            if values[0] is None:
                self.report.add("lost", f"记录 {entry_id}：还没有封存就被删除。", entry=entry_id)
                continue
            entry = from_row([None, *values])
            if not self._good_mac(entry):
                text = f"{where(None, entry_id)}：写入凭证不符，被改过，或不是本系统写入的。"
                self.report.add("forged", text, entry=entry_id)
            if self.whole:
                self.writers.see(entry, trusted=self._good_mac(entry))


def _peaks(size: int) -> list[bytes]:
    cover = tree.cover((0, size))
    rows = _rows(
        "SELECT coalesce(n.hash, l.hash) FROM unnest(%s::int[], %s::bigint[]) AS w(level, index)"
        " LEFT JOIN journal_node n ON n.level = w.level AND n.index = w.index"
        " LEFT JOIN journal_leaf l ON w.level = 0 AND l.idx = w.index ORDER BY w.level DESC",
        [[level for level, _ in cover], [index for _, index in cover]],
    )
    return [bytes(row[0] or b"") for row in rows]


def _rows(statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
