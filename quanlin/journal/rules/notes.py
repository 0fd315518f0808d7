"""Signed tree heads: C2SP tlog-checkpoint inside a C2SP signed-note, Ed25519.

::

    quanlin.journal/1f8a3c20          origin, also the name of the key
    1234                              size of the tree
    base64                            its root hash
    number 17                         extension: checkpoints are counted, so that a missing one shows
    time 2026-01-02T03:04:05.000006Z  extension: when it was signed

    — quanlin.journal/1f8a3c20 base64(key id, signature)

A key is written ``name+hexadecimal key id+base64(0x01 ‖ public key)``, as signed-note describes.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quanlin.journal.rules.content import moment

_ED25519 = b"\x01"


class NoteWrong(Exception):
    """Not a checkpoint, or not signed by a known key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes
    number: int
    time: datetime

    def text(self) -> str:
        """The signed part, with its last newline."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nnumber {self.number}\ntime {moment(self.time)}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A name and the public key that signs under it."""

    name: str
    public: bytes

    def key_id(self) -> bytes:
        """SHA-256(name ‖ newline ‖ 0x01 ‖ public key), first four bytes."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id().hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """From ``str``. Raises NoteWrong."""
        try:
            name, number, key = text.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
        except (ValueError, binascii.Error):
            raise NoteWrong("not a key of the form name+id+base64") from None
        verifier = cls(name, raw[1:])
        if raw[:1] != _ED25519 or len(raw) != 33 or verifier.key_id().hex() != number:
            raise NoteWrong("not an Ed25519 key, or its id does not fit")
        return verifier


def origin_of(key: Ed25519PrivateKey) -> str:
    """Name of the log that began with this key; it stays when later keys sign."""
    return f"quanlin.journal/{sha256(key.public_key().public_bytes_raw()).hexdigest()[:8]}"


def verifiers_of(keys: Sequence[Ed25519PrivateKey]) -> tuple[Verifier, ...]:
    """What must be known outside to check the log, oldest key first."""
    name = origin_of(keys[0])
    return tuple(Verifier(name, key.public_key().public_bytes_raw()) for key in keys)


def sign(head: Head, key: Ed25519PrivateKey) -> str:
    """The signed note."""
    verifier = Verifier(head.origin, key.public_key().public_bytes_raw())
    text = head.text()
    signature = base64.b64encode(verifier.key_id() + key.sign(text.encode())).decode()
    return f"{text}\n— {head.origin} {signature}\n"


def read(note: str) -> Head:
    """What the note says, unchecked. Raises NoteWrong."""
    try:
        text, _ = note.split("\n\n", 1)
        origin, size, root, number, time = text.split("\n")
        head = Head(
            origin=origin,
            size=int(size),
            root=base64.b64decode(root, validate=True),
            number=int(number.removeprefix("number ")),
            time=datetime.strptime(time, "time %Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC),
        )
    except (ValueError, binascii.Error):
        raise NoteWrong("not a checkpoint") from None
    if head.text() != f"{text}\n" or len(head.root) != 32 or head.size < 0:
        raise NoteWrong("not a checkpoint in its one written form")
    return head


def check(note: str, verifiers: Sequence[Verifier]) -> Head:
    """What the note says, when one of the keys signed it. Raises NoteWrong."""
    head = read(note)
    text, signatures = note.split("\n\n", 1)
    for line in signatures.splitlines():
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            continue
        for verifier in verifiers:
            if mark != "—" or (name, raw[:4]) != (verifier.name, verifier.key_id()) or name != head.origin:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(verifier.public).verify(raw[4:], f"{text}\n".encode())
            except InvalidSignature:
                continue
            return head
    raise NoteWrong("no known key signed this checkpoint")
