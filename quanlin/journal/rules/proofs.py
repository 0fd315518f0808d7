"""A proof that one entry is in the log, and that one checkpoint continues another: files for somebody else.

The file is JSON: the entry's content as it was hashed, the hashes beside its path, a signed checkpoint, and
the keys (which the reader should have from elsewhere).
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quanlin.journal.rules import notes, tree
from quanlin.journal.rules.content import canonical

FORMAT = "quanlin-journal-proof-1"


class ProofWrong(Exception):
    """The file does not prove what it says; the sentence says where it breaks."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Inclusion of one entry under one checkpoint. ``content``: see content.sealed_content."""

    content: dict[str, Any]
    hashes: tuple[bytes, ...]
    note: str
    keys: tuple[str, ...]

    def as_json(self) -> str:
        """The proof file."""
        body = {
            "format": FORMAT,
            "entry": self.content,
            "hashes": [base64.b64encode(h).decode() for h in self.hashes],
            "checkpoint": self.note,
            "keys": list(self.keys),
        }
        return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read_proof(text: str) -> Proof:
    """From a proof file. Raises ProofWrong when it is not one."""
    try:
        body = json.loads(text)
        if body["format"] != FORMAT:
            raise ValueError
        proof = Proof(
            dict(body["entry"]),
            tuple(base64.b64decode(h, validate=True) for h in body["hashes"]),
            str(body["checkpoint"]),
            tuple(str(key) for key in body["keys"]),
        )
        canonical(proof.content)
        return proof
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ProofWrong("这不是一个证明文件，或文件不完整。") from None


def check_proof(proof: Proof, verifiers: Sequence[notes.Verifier]) -> notes.Head:
    """The checkpoint under which the entry was found. Raises ProofWrong."""
    try:
        head = notes.check(proof.note, verifiers)
    except notes.NoteWrong:
        raise ProofWrong("检查点的签名不符：不是用所给的公钥签的，或检查点被改过。") from None
    idx = proof.content.get("idx")
    if not isinstance(idx, int):
        raise ProofWrong("证明文件里的记录没有序号。")
    leaf = tree.leaf_hash(canonical(proof.content))
    if not tree.includes(leaf, idx, head.size, proof.hashes, head.root):
        raise ProofWrong(f"第 {idx} 条的内容与签名的检查点不符：内容、序号或路径被改过。")
    return head
