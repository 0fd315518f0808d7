"""Vectors: certificate-transparency test data for RFC 6962 (eight leaves), and a naive tree by the RFC's words."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanlin.journal.rules import tree

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
CONSISTENCY = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def hashes_of(leaves: list[bytes], ranges: list[tree.Range]) -> list[bytes]:
    """What a store of complete nodes answers."""
    return [
        tree.fold([naive_root(leaves[i << level : (i + 1) << level]) for level, i in tree.cover(span)])
        for span in ranges
    ]


def grown(leaves: list[bytes]) -> tree.Frontier:
    frontier = tree.Frontier()
    for leaf in leaves:
        frontier.append(tree.leaf_hash(leaf))
    return frontier


def test_the_empty_tree_has_the_hash_of_the_empty_text():
    assert tree.Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out(size):
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("place", "proof"), INCLUSION.items())
def test_the_published_inclusion_proofs_come_out_and_hold(place, proof):
    idx, size = place
    hashes = hashes_of(LEAVES, tree.inclusion_ranges(idx, size))
    assert [h.hex() for h in hashes] == proof
    root = bytes.fromhex(ROOTS[size - 1])
    assert tree.includes(tree.leaf_hash(LEAVES[idx]), idx, size, hashes, root)


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCY.items())
def test_the_published_consistency_proofs_come_out_and_hold(sizes, proof):
    old, size = sizes
    hashes = hashes_of(LEAVES, tree.consistency_ranges(old, size))
    assert [h.hex() for h in hashes] == proof
    roots = [bytes.fromhex(ROOTS[n - 1]) for n in sizes]
    assert tree.continues(old, roots[0], size, roots[1], hashes)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=70), st.data())
@settings(max_examples=150, deadline=None)
def test_any_leaf_is_proved_and_nothing_else_passes(leaves, data):
    size = len(leaves)
    idx = data.draw(st.integers(0, size - 1))
    root, leaf = naive_root(leaves), tree.leaf_hash(leaves[idx])
    proof = hashes_of(leaves, tree.inclusion_ranges(idx, size))
    assert grown(leaves).root() == root
    assert len(proof) <= size.bit_length()
    assert tree.includes(leaf, idx, size, proof, root)
    assert not tree.includes(tree.leaf_hash(b"other leaf"), idx, size, proof, root)
    assert not tree.includes(leaf, idx, size, proof, sha256(root).digest())
    assert not tree.includes(leaf, idx, size, [*proof, root], root)
    assert not tree.includes(leaf, size, size, proof, root)
    if proof:
        assert not tree.includes(leaf, idx, size, proof[:-1], root)
        broken = data.draw(st.integers(0, len(proof) - 1))
        other = [*proof[:broken], sha256(proof[broken]).digest(), *proof[broken + 1 :]]
        assert not tree.includes(leaf, idx, size, other, root)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=70), st.data())
@settings(max_examples=150, deadline=None)
def test_any_earlier_tree_is_continued_and_a_rewritten_one_is_not(leaves, data):
    size = len(leaves)
    old = data.draw(st.integers(1, size))
    old_root, root = naive_root(leaves[:old]), naive_root(leaves)
    proof = hashes_of(leaves, tree.consistency_ranges(old, size))
    assert tree.continues(old, old_root, size, root, proof)
    rewritten = naive_root([b"rewritten", *leaves[1:old]])
    assert not tree.continues(old, rewritten, size, root, proof)
    assert not tree.continues(old, old_root, size, sha256(root).digest(), proof)
    assert not tree.continues(old, old_root, size, root, [*proof, root])
    if proof:
        assert not tree.continues(old, old_root, size, root, proof[:-1])


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_cover_is_of_complete_nodes_side_by_side(start, length):
    nodes = tree.cover((start, start + length))
    spans = [(index << level, (index + 1) << level) for level, index in nodes]
    assert [leaf for low, high in spans for leaf in range(low, high)] == list(range(start, start + length))


@given(st.integers(0, 200), st.integers(1, 50))
def test_a_frontier_taken_up_again_goes_on_as_if_it_had_never_stopped(before, more):
    leaves = [str(n).encode() for n in range(before + more)]
    peaks = hashes_of(leaves, [(i << level, (i + 1) << level) for level, i in tree.cover((0, before))])
    again = tree.Frontier(before, peaks)
    nodes = [node for leaf in leaves[before:] for node in again.append(tree.leaf_hash(leaf))]
    assert again.root() == naive_root(leaves)
    for level, index, value in nodes:
        assert value == naive_root(leaves[index << level : (index + 1) << level])


def test_a_frontier_with_the_wrong_number_of_peaks_is_refused():
    with pytest.raises(ValueError, match="3 leaves has 2 peaks"):
        tree.Frontier(3, [b"x"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda: tree.inclusion_ranges(3, 3),
        lambda: tree.inclusion_ranges(-1, 3),
        lambda: tree.consistency_ranges(0, 3),
        lambda: tree.consistency_ranges(4, 3),
    ],
)
def test_what_cannot_be_proved_is_refused(ask):
    with pytest.raises(ValueError, match="leaf|consistent"):
        ask()
