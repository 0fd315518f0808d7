import base64
import json
import subprocess
import sys

import pytest

from quanlin.journal import queries
from quanlin.journal.rules import notes, proofs, tree
from quanlin.kit.actor import SYSTEM
from tests.conftest import ROOT
from tests.journal.conftest import happen, relay, rows, scope


@pytest.fixture
def proof(log) -> proofs.Proof:
    entry = [happen(step) for step in range(5)][2]
    relay()
    with scope():
        return queries.inclusion_proof(entry, viewer=SYSTEM)


def keys() -> list[notes.Verifier]:
    return [notes.Verifier.parse(key) for key in queries.public_keys()]


def test_a_proof_shows_the_entry_under_a_signed_checkpoint(proof):
    again = proofs.read_proof(proof.as_json())
    head = proofs.check_proof(again, keys())
    assert again.content["data"] == {"step": 2}
    assert head.size == queries.lag().size
    assert len(again.hashes) <= head.size.bit_length()


def test_every_entry_of_the_log_can_be_proved_and_every_earlier_size_continues(log):
    for step in range(9):
        happen(step)
    relay()
    size = queries.lag().size
    root = notes.read(queries.latest_checkpoint()).root
    frontier, leaves = tree.Frontier(), rows("SELECT entry_id, hash FROM journal_leaf ORDER BY idx")
    with scope():
        for old, (entry, leaf) in enumerate(leaves, start=1):
            frontier.append(bytes(leaf))
            proofs.check_proof(queries.inclusion_proof(entry, viewer=SYSTEM), keys())
            assert tree.continues(old, frontier.root(), size, root, queries.consistency_proof(old, size))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda body: body["entry"]["data"].update(step=3), "内容、序号或路径被改过"),
        (lambda body: body["entry"].update(at="2020-01-01T00:00:00.000000Z"), "内容、序号或路径被改过"),
        (lambda body: body["entry"].update(idx=body["entry"]["idx"] + 1), "内容、序号或路径被改过"),
        (lambda body: body["entry"].pop("idx"), "没有序号"),
        (lambda body: body["hashes"].pop(), "内容、序号或路径被改过"),
        (lambda body: body["hashes"].append(base64.b64encode(b"x" * 32).decode()), "内容、序号或路径被改过"),
        (lambda body: body.update(checkpoint=body["checkpoint"].replace("number", "Number")), "签名不符"),
        (lambda body: body.update(checkpoint=body["checkpoint"][:-6] + "AAAA=\n"), "签名不符"),
        (lambda body: body.pop("hashes"), "不是一个证明文件"),
        (lambda body: body.update(format="other"), "不是一个证明文件"),
        (lambda body: body.update(hashes=["!"]), "不是一个证明文件"),
        (lambda body: body.update(entry=float("nan")), "不是一个证明文件"),
        (lambda body: body["entry"].update(extra=float("nan")), "不是一个证明文件"),
    ],
)
def test_a_spoilt_proof_says_where_it_breaks(proof, spoil, says):
    body = json.loads(proof.as_json())
    spoil(body)
    with pytest.raises(proofs.ProofWrong, match=says):
        proofs.check_proof(proofs.read_proof(json.dumps(body)), keys())


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", "\x00", '{"format": "quanlin-journal-proof-1"}', "[" * 100_000]
)
def test_what_is_no_proof_is_refused(text):
    with pytest.raises(proofs.ProofWrong, match="不是一个证明文件"):
        proofs.read_proof(text)


def test_it_needs_only_the_standard_library_and_ed25519(proof, tmp_path):
    (tmp_path / "proof.json").write_text(proof.as_json())
    script = """
import sys
for name in ("django", "psycopg", "orjson", "nats", "procrastinate", "msgspec"):
    sys.modules[name] = None
from pathlib import Path
from quanlin.journal.rules import notes, proofs
proof = proofs.read_proof(Path(sys.argv[1]).read_text())
print(proofs.check_proof(proof, [notes.Verifier.parse(key) for key in sys.argv[2:]]).size)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "proof.json"), *queries.public_keys()],
        capture_output=True, text=True, cwd=ROOT, env={},
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout == f"{queries.lag().size}\n"
