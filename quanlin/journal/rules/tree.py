"""The Merkle tree of RFC 6962 section 2.1 (unchanged in RFC 9162 section 2.1), without storage.

A *range* is a half-open pair of leaf indexes; a *node* is ``(level, index)``, the complete subtree over the
leaves ``index << level`` … ``(index + 1 << level) - 1``. Proofs are first planned as ranges, each range is
covered by O(log n) complete nodes, so that whoever stores the nodes answers with one look-up.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

Range = tuple[int, int]
EMPTY_ROOT = sha256(b"").digest()


class Node(NamedTuple):
    """A complete subtree and its hash."""

    level: int
    index: int
    hash: bytes


def leaf_hash(content: bytes) -> bytes:
    """SHA-256(0x00 ‖ content)."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Root of neighbouring complete subtrees of falling size, as ``cover`` lists them."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


class Frontier:
    """The right edge of a growing tree: all that is needed to append and to know the root."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()):
        """``peaks``: hashes of ``cover(0, size)``, left to right."""
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != len(cover((0, size))):
            raise ValueError(
                f"a tree of {size} leaves has {len(cover((0, size)))} peaks, not {len(self.peaks)}"
            )

    def append(self, leaf: bytes, *, settle: Callable[[Node], bytes] | None = None) -> list[Node]:
        """Add a leaf hash; the nodes above the leaves that became complete by it, lowest first.

        settle: told each of them, answers the hash to go on with; so a wrong stored node is met once, not at
        every level above it
        """
        complete = []
        level, index, carry = 0, self.size, leaf
        while index & 1:
            carry = node_hash(self.peaks.pop(), carry)
            level, index = level + 1, index >> 1
            complete.append(Node(level, index, carry))
            if settle is not None:
                carry = settle(complete[-1])
        self.peaks.append(carry)
        self.size += 1
        return complete

    def root(self) -> bytes:
        """Hash of the whole tree; that of the empty text for an empty tree."""
        return fold(self.peaks)


def cover(span: Range) -> list[tuple[int, int]]:
    """The complete nodes ``(level, index)`` over a range, left to right."""
    start, end = span
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(idx: int, size: int) -> list[Range]:
    """The ranges whose hashes prove leaf ``idx`` in a tree of ``size``, lowest first (RFC 9162, 2.1.3.1)."""
    if not 0 <= idx < size:
        raise ValueError(f"leaf {idx} is not in a tree of {size}")
    low, high, ranges = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if idx < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that ``size`` leaves begin with the first ``old`` (RFC 9162, 2.1.4.1)."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {size} cannot be consistent with one of {old}")
    low, high, whole, ranges = 0, size, True, []
    while old != high - low:
        middle = low + _split(high - low)
        if old <= middle - low:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            old, low, whole = old - (middle - low), middle, False
    if not whole:
        ranges.append((low, high))
    return ranges[::-1]


def includes(leaf: bytes, idx: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows ``leaf`` at ``idx`` under ``root`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= idx < size:
        return False
    place, last, found = idx, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def continues(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that ``size`` leaves begin with the first ``old`` (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        place, last = place >> 1, last >> 1
    return was == old_root and now == root and last == 0
