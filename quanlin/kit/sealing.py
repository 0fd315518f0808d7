"""Personal data at rest: sealed fields, blind indexes, and the ring of keys behind them.

A sealed value is ``ver(1) | alg(1) | dek_id(4) | nonce(12) | ciphertext | tag(16)``; alg 1 is AES-256-GCM,
2 is SM4-GCM. The associated data ``table|column|row|area`` binds it to its row, so that a copied ciphertext
does not open elsewhere. The key of one column and area is derived (HKDF) from a data key of the ring, which
lies in the key file wrapped by the root key. A new data key is added, old ones stay for reading.

Why there is no message counter: a random 96-bit nonce is safe for 2^32 messages under one key (NIST SP
800-38D, 8.3), and one derived key serves one column of one area.
"""

import base64
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Profile = Literal["INTL", "SM"]
Use = Literal["data", "index", "pseudonym", "journal"]

VERSION = 1
ALGORITHMS: dict[Profile, int] = {"INTL": 1, "SM": 2}
_NAMES = {1: "AES-256-GCM", 2: "SM4-GCM"}
_KEY_BYTES = {1: 32, 2: 16}
_HEADER = 6
_NONCE = 12
_TAG = 16


class SealBroken(Exception):
    """The value was altered, belongs to another row, or its key is not in the ring."""


class KeyFileWrong(Exception):
    """The key file cannot be used; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where a sealed value lives. ``row``: id of its row; ``area``: number of its district (0: none)."""

    table: str
    column: str
    row: str | int | UUID
    area: int = 0

    def associated(self) -> bytes:
        """``table|column|row|area``. Raises ValueError when a part would make that ambiguous."""
        parts = (self.table, self.column, str(self.row), str(self.area))
        if any("|" in part or not part for part in parts):
            raise ValueError(f"a part of a sealed field's place is empty or holds a bar: {parts}")
        return "|".join(parts).encode()


@dataclass(frozen=True, slots=True)
class _Key:
    id: int
    use: Use
    alg: int
    secret: bytes


def _hash(alg: int) -> hashes.HashAlgorithm:
    return hashes.SM3() if alg == 2 else hashes.SHA256()


def _derive(secret: bytes, alg: int, info: str, length: int) -> bytes:
    return HKDF(_hash(alg), length, salt=None, info=info.encode()).derive(secret)


def _mac(secret: bytes, alg: int, text: bytes) -> bytes:
    mac = hmac.HMAC(secret, _hash(alg))
    mac.update(text)
    return mac.finalize()


def _encrypt(alg: int, key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    if alg == 1:
        return AESGCM(key).encrypt(nonce, plain, associated)
    box = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    box.authenticate_additional_data(associated)
    return box.update(plain) + box.finalize() + box.tag


def _decrypt(alg: int, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    if alg == 1:
        return AESGCM(key).decrypt(nonce, sealed, associated)
    box = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-_TAG:])).decryptor()
    box.authenticate_additional_data(associated)
    return box.update(sealed[:-_TAG]) + box.finalize()


class Keyring:
    """The keys of one deployment, and what is done with them."""

    def __init__(
        self, keys: Iterable[_Key], *, profile: Profile, index_profile: Profile, demonstration: bool
    ):
        self.profile = profile
        self.index_profile = index_profile
        self.demonstration = demonstration
        self._keys = {key.id: key for key in keys}
        self._derived: dict[tuple[int, str, str, int], bytes] = {}
        self._blind: dict[tuple[str, int], bytes] = {}
        self._writer: bytes | None = None

    def _current(self, use: Use, alg: int | None = None) -> _Key:
        fitting = [k for k in self._keys.values() if k.use == use and (alg is None or k.alg == alg)]
        if not fitting:
            raise KeyFileWrong(
                f"密钥文件里没有用途为 {use} 的密钥；请用 quanlin keys rotate 添加，或从备份恢复。"
            )
        return max(fitting, key=lambda k: k.id)

    def _field_key(self, key: _Key, field: Field) -> bytes:
        place = (key.id, field.table, field.column, field.area)
        if place not in self._derived:
            info = f"quanlin|seal|{field.table}|{field.column}|{field.area}"
            self._derived[place] = _derive(key.secret, key.alg, info, _KEY_BYTES[key.alg])
        return self._derived[place]

    def seal(self, text: str, *, field: Field) -> bytes:
        """The sealed form of ``text``, 34 bytes longer than its UTF-8."""
        key = self._current("data", ALGORITHMS[self.profile])
        nonce = os.urandom(_NONCE)
        header = bytes((VERSION, key.alg)) + key.id.to_bytes(4, "big")
        body = _encrypt(key.alg, self._field_key(key, field), nonce, text.encode(), field.associated())
        return header + nonce + body

    def open_(self, blob: bytes, *, field: Field) -> str:
        """The text in ``blob``, whichever profile sealed it. Raises SealBroken."""
        blob = bytes(blob)
        if len(blob) < _HEADER + _NONCE + _TAG or blob[0] != VERSION:
            raise SealBroken("not a sealed value of a known version")
        key = self._keys.get(int.from_bytes(blob[2:_HEADER], "big"))
        if key is None or key.use != "data" or key.alg != blob[1]:
            raise SealBroken("sealed under a key that is not in the ring")
        nonce, body = blob[_HEADER : _HEADER + _NONCE], blob[_HEADER + _NONCE :]
        try:
            return _decrypt(key.alg, self._field_key(key, field), nonce, body, field.associated()).decode()
        except InvalidTag:
            raise SealBroken(f"altered, or not of {field.table}.{field.column} in this row") from None

    def blind(self, kind: str, normalised: str, *, area: int = 0) -> bytes:
        """16 bytes by which equal values of one kind (in one area) are found; says nothing else about them.

        A name is given the community as ``area``, so that no frequency can be compared across communities.
        """
        alg = ALGORITHMS[self.index_profile]
        if (kind, area) not in self._blind:
            secret = self._current("index").secret
            self._blind[kind, area] = _derive(secret, alg, f"quanlin|blind|{kind}|{area}", 32)
        return _mac(self._blind[kind, area], alg, normalised.encode())[:16]

    def pseudonym(self, kind: str, value: str) -> str:
        """32 hexadecimal digits that stand for a person or thing where the id itself must not appear."""
        alg = ALGORITHMS[self.index_profile]
        return _mac(self._current("pseudonym").secret, alg, f"{kind}|{value}".encode())[:16].hex()

    @property
    def journal_key(self) -> Ed25519PrivateKey:
        """Signs the journal's checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self._current("journal").secret)

    @property
    def writer_key(self) -> bytes:
        """32 bytes by which a process of this deployment shows that it wrote a journal entry."""
        if self._writer is None:
            self._writer = _derive(self._current("journal").secret, 1, "quanlin|journal|writer", 32)
        return self._writer

    @property
    def journal_keys(self) -> tuple[Ed25519PrivateKey, ...]:
        """All that ever signed, oldest first: old checkpoints must stay provable."""
        found = sorted((k for k in self._keys.values() if k.use == "journal"), key=lambda k: k.id)
        return tuple(Ed25519PrivateKey.from_private_bytes(k.secret) for k in found)


def _wrap(root: bytes, key: _Key) -> str:
    nonce = os.urandom(_NONCE)
    wrapping = _derive(root, key.alg, "quanlin|wrap", _KEY_BYTES[key.alg])
    sealed = _encrypt(key.alg, wrapping, nonce, key.secret, f"{key.id}|{key.use}|{key.alg}".encode())
    return base64.b64encode(nonce + sealed).decode()


def _unwrap(root: bytes, row: dict) -> _Key:
    blob = base64.b64decode(row["wrapped"])
    wrapping = _derive(root, row["alg"], "quanlin|wrap", _KEY_BYTES[row["alg"]])
    bound = f"{row['id']}|{row['use']}|{row['alg']}".encode()
    secret = _decrypt(row["alg"], wrapping, blob[:_NONCE], blob[_NONCE:], bound)
    return _Key(row["id"], row["use"], row["alg"], secret)


def create_key_file(path: Path, *, demonstration: bool, profile: Profile = "INTL") -> None:
    """Write a new key file (mode 0600) with random keys for both profiles. Never replaces an existing one."""
    root = secrets.token_bytes(32)
    uses: list[tuple[Use, int]] = [("data", 1), ("data", 2), ("index", 1), ("pseudonym", 1), ("journal", 1)]
    keys = []
    for number, (use, alg) in enumerate(uses, start=1):
        size = _KEY_BYTES[alg] if use == "data" else 32
        keys.append(_key_row(root, _Key(number, use, alg, secrets.token_bytes(size))))
    body = {
        "format": 1,
        "demonstration": demonstration,
        "profile": profile,
        "index_profile": profile,
        "root": base64.b64encode(root).decode(),
        "keys": keys,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and linked, so that a kill in the middle leaves no half file and nothing is replaced.
    half = _write_beside(path, body)
    try:
        os.link(half, path)
    finally:
        half.unlink()


def add_data_keys(path: Path) -> None:
    """Add a new data key for each algorithm: it seals from the next start, older ones go on opening."""
    load(path)
    body = json.loads(path.read_text())
    root = _root(path, body)
    for alg in _NAMES:
        number = max(row["id"] for row in body["keys"]) + 1
        key = _Key(number, "data", alg, secrets.token_bytes(_KEY_BYTES[alg]))
        body["keys"].append(_key_row(root, key))
    _write_beside(path, body).replace(path)


def _key_row(root: bytes, key: _Key) -> dict:
    name = _NAMES[key.alg]
    return {"id": key.id, "use": key.use, "alg": key.alg, "name": name, "wrapped": _wrap(root, key)}


def _root(path: Path, body: dict) -> bytes:
    root = body["root"]
    if isinstance(root, dict):
        root = (path.parent / root["file"]).read_text()
    return base64.b64decode(root)


def _write_beside(path: Path, body: dict) -> Path:
    half = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps(body, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return half


def load(path: Path, *, production: bool = False) -> Keyring:
    """Read the key file after testing the algorithms. Raises KeyFileWrong with a sentence for the operator.

    ``root`` in the file is the root key in base64, or ``{"file": PATH}`` when it is kept elsewhere.
    """
    selftest()
    try:
        mode = path.stat().st_mode & 0o077
        body = json.loads(path.read_text())
    except FileNotFoundError:
        raise KeyFileWrong(f"没有密钥文件 {path}；请用 quanlin keys create 生成，或从备份恢复。") from None
    except (OSError, ValueError) as error:
        raise KeyFileWrong(f"密钥文件 {path} 读不出来（{error}）；请检查权限，或从备份恢复。") from None
    if mode:
        raise KeyFileWrong(f"密钥文件 {path} 别人也能读；请执行 chmod 600 {path}。")
    if production and body.get("demonstration", True):
        raise KeyFileWrong(
            f"{path} 是演示用的密钥，不能用于正式环境；请用 quanlin keys create 生成正式密钥。"
        )
    try:
        root = _root(path, body)
        keys = [_unwrap(root, row) for row in body["keys"]]
        return Keyring(
            keys,
            profile=body["profile"],
            index_profile=body["index_profile"],
            demonstration=body["demonstration"],
        )
    except (KeyError, TypeError, ValueError, OSError, InvalidTag) as error:
        raise KeyFileWrong(f"密钥文件 {path} 已损坏（{error!r}）；请从备份恢复。") from None


_RFC8998 = {  # RFC 8998, appendix A.1
    "key": "0123456789abcdeffedcba9876543210",
    "nonce": "00001234567800000000abcd",
    "aad": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "plain": "".join(f"{letter}" * 16 for letter in ("a", "b", "c", "d", "e", "f", "e", "a")),
    "sealed": (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    ),
}
_GCM16 = {  # AES-256-GCM, test case 16 of the GCM submission to NIST
    "key": "feffe9928665731c6d6a8f9467308308" * 2,
    "nonce": "cafebabefacedbaddecaf888",
    "aad": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "plain": (
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    ),
    "sealed": (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    ),
}
_SM3 = {  # GM/T 0004-2012, appendix A
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}
_tested = False


def selftest() -> None:
    """Compare the algorithms with published vectors, once a process. Raises KeyFileWrong when one differs."""
    global _tested
    if _tested:
        return
    for alg, vector in ((2, _RFC8998), (1, _GCM16)):
        raw = {name: bytes.fromhex(text) for name, text in vector.items()}
        sealed = _encrypt(alg, raw["key"], raw["nonce"], raw["plain"], raw["aad"])
        if sealed != raw["sealed"]:
            raise KeyFileWrong(f"{_NAMES[alg]} 自检不通过，程序停止；请更换 cryptography 包。")
    for text, expected in _SM3.items():
        digest = hashes.Hash(hashes.SM3())
        digest.update(text)
        if digest.finalize().hex() != expected:
            raise KeyFileWrong("SM3 自检不通过，程序停止；请更换 cryptography 包。")
    _tested = True


_path: Path | None = None
_production = False
_ring: Keyring | None = None


def configure(path: Path, *, production: bool = False) -> None:
    """Say which key file this process uses. It is read at the first need, so that it may be created later."""
    global _path, _production, _ring
    _path, _production, _ring = path, production, None


def keyring() -> Keyring:
    """The keys of this process. Raises KeyFileWrong."""
    global _ring
    if _ring is None:
        if _path is None:
            raise KeyFileWrong("还没有指定密钥文件；请先调用 sealing.configure。")
        _ring = load(_path, production=_production)
    return _ring


def seal(text: str, *, field: Field) -> bytes:
    """Keyring.seal of this process's keys."""
    return keyring().seal(text, field=field)


def open_(blob: bytes, *, field: Field) -> str:
    """Keyring.open_ of this process's keys."""
    return keyring().open_(blob, field=field)


def blind(kind: str, normalised: str, *, area: int = 0) -> bytes:
    """Keyring.blind of this process's keys."""
    return keyring().blind(kind, normalised, area=area)
