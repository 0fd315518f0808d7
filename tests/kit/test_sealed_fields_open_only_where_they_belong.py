import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quanlin.kit import sealing
from quanlin.kit.sealing import Field, KeyFileWrong, SealBroken

NAME = Field("people_person", "name", "9f1c", 77)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "ring" / "keys.json"
    sealing.create_key_file(path, demonstration=True)
    return path


def edited(path: Path, **changes) -> Path:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


@pytest.mark.parametrize(("profile", "alg"), [("INTL", 1), ("SM", 2)])
def test_a_sealed_text_has_the_documented_form_and_opens(key_file, profile, alg):
    ring = sealing.load(edited(key_file, profile=profile))
    blob = ring.seal("王秀英", field=NAME)
    assert blob[0] == 1
    assert blob[1] == alg
    assert int.from_bytes(blob[2:6], "big") == alg  # the new file numbers its data keys 1 and 2
    assert len(blob) == 2 + 4 + 12 + 9 + 16
    assert ring.open_(blob, field=NAME) == "王秀英"


def test_the_same_text_sealed_twice_differs(key_file):
    ring = sealing.load(key_file)
    assert ring.seal("王秀英", field=NAME) != ring.seal("王秀英", field=NAME)


@pytest.mark.parametrize("profile", ["INTL", "SM"])
def test_a_change_of_any_single_byte_is_noticed(key_file, profile):
    ring = sealing.load(edited(key_file, profile=profile))
    blob = ring.seal("13800000027", field=NAME)
    for position in range(len(blob)):
        altered = bytearray(blob)
        altered[position] ^= 0x01
        with pytest.raises(SealBroken):
            ring.open_(bytes(altered), field=NAME)
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            ring.open_(blob[:length], field=NAME)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Field("people_person", "name", "9f1d", 77),
        Field("people_person", "phone", "9f1c", 77),
        Field("people_contact", "name", "9f1c", 77),
        Field("people_person", "name", "9f1c", 78),
    ],
)
@pytest.mark.parametrize("profile", ["INTL", "SM"])
def test_a_sealed_text_copied_to_another_place_does_not_open(key_file, profile, elsewhere):
    ring = sealing.load(edited(key_file, profile=profile))
    with pytest.raises(SealBroken):
        ring.open_(ring.seal("王秀英", field=NAME), field=elsewhere)


@pytest.mark.parametrize("field", [Field("a|b", "c", "1"), Field("a", "c", ""), Field("a", "b|c", "1")])
def test_a_place_that_would_be_ambiguous_is_refused(key_file, field):
    with pytest.raises(ValueError, match="ambiguous|holds a bar"):
        sealing.load(key_file).seal("x", field=field)


def test_both_profiles_are_read_while_a_deployment_moves_from_one_to_the_other(key_file):
    before = sealing.load(key_file)
    old, token = before.seal("王秀英", field=NAME), before.blind("phone", "13800000027")
    after = sealing.load(edited(key_file, profile="SM"))
    assert after.open_(old, field=NAME) == "王秀英"
    assert after.seal("王秀英", field=NAME)[1] == 2
    assert after.blind("phone", "13800000027") == token
    reindexed = sealing.load(edited(key_file, index_profile="SM"))
    assert reindexed.blind("phone", "13800000027") != token


def test_after_a_new_data_key_old_values_open_and_new_ones_use_it(key_file):
    old = sealing.load(key_file).seal("王秀英", field=NAME)
    sealing.add_data_keys(key_file)
    ring = sealing.load(key_file)
    new = ring.seal("王秀英", field=NAME)
    assert int.from_bytes(new[2:6], "big") == 6
    assert [ring.open_(blob, field=NAME) for blob in (old, new)] == ["王秀英", "王秀英"]
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in key_file.parent.iterdir()] == ["keys.json"]


def test_the_blind_index_is_equal_for_equal_values_of_one_kind_and_area_only(key_file):
    ring = sealing.load(key_file)
    token = ring.blind("phone", "13800000027")
    assert len(token) == 16
    assert sealing.load(key_file).blind("phone", "13800000027") == token
    others = {
        ring.blind("phone", "13800000028"),
        ring.blind("number", "13800000027"),
        ring.blind("phone", "13800000027", area=9),
        ring.blind("name", "13800000027", area=9),
    }
    assert len(others | {token}) == 5


def test_another_ring_neither_opens_nor_finds(key_file, tmp_path):
    ring = sealing.load(key_file)
    sealing.create_key_file(tmp_path / "other.json", demonstration=True)
    other = sealing.load(tmp_path / "other.json")
    with pytest.raises(SealBroken):
        other.open_(ring.seal("王秀英", field=NAME), field=NAME)
    assert other.blind("phone", "13800000027") != ring.blind("phone", "13800000027")
    assert other.pseudonym("person", "7") != ring.pseudonym("person", "7")


def test_the_ring_holds_one_journal_key(key_file):
    ring = sealing.load(key_file)
    assert isinstance(ring.journal_key, Ed25519PrivateKey)
    assert [k.private_bytes_raw() for k in ring.journal_keys] == [ring.journal_key.private_bytes_raw()]


def test_the_key_file_holds_no_data_key_in_the_clear(key_file):
    ring, text = sealing.load(key_file), key_file.read_text()
    for key in ring._keys.values():
        assert key.secret.hex() not in text
        assert sealing.base64.b64encode(key.secret).decode() not in text


def test_the_root_key_may_lie_in_another_file(key_file):
    blob = sealing.load(key_file).seal("王秀英", field=NAME)
    root = json.loads(key_file.read_text())["root"]
    (key_file.parent / "root.key").write_text(root)
    ring = sealing.load(edited(key_file, root={"file": "root.key"}))
    assert ring.open_(blob, field=NAME) == "王秀英"


def test_a_key_file_is_readable_by_its_owner_only_and_never_replaced(key_file):
    assert key_file.stat().st_mode & 0o777 == 0o600
    before = key_file.read_bytes()
    with pytest.raises(FileExistsError):
        sealing.create_key_file(key_file, demonstration=False)
    assert key_file.read_bytes() == before
    assert [p.name for p in key_file.parent.iterdir()] == ["keys.json"]


def test_production_refuses_demonstration_keys(key_file, tmp_path):
    with pytest.raises(KeyFileWrong, match="演示用的密钥"):
        sealing.load(key_file, production=True)
    sealing.create_key_file(tmp_path / "real.json", demonstration=False)
    assert sealing.load(tmp_path / "real.json", production=True).demonstration is False


def test_a_key_file_that_others_can_read_is_refused(key_file):
    key_file.chmod(0o640)
    with pytest.raises(KeyFileWrong, match="chmod 600"):
        sealing.load(key_file)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: p.unlink(), "没有密钥文件"),
        (lambda p: p.write_text("{"), "读不出来"),
        (lambda p: edited(p, keys=[{"id": 1}]), "已损坏"),
        (lambda p: edited(p, root="AAAA"), "已损坏"),
    ],
)
def test_a_missing_or_spoilt_key_file_says_what_to_do(key_file, spoil, says):
    spoil(key_file)
    with pytest.raises(KeyFileWrong, match=says):
        sealing.load(key_file)


def test_the_process_reads_its_key_file_at_the_first_need(tmp_path, monkeypatch):
    for name in ("_path", "_ring", "_production"):
        monkeypatch.setattr(sealing, name, getattr(sealing, name))
    sealing.configure(tmp_path / "later.json")
    with pytest.raises(KeyFileWrong, match="没有密钥文件"):
        sealing.seal("x", field=NAME)
    sealing.create_key_file(tmp_path / "later.json", demonstration=True)
    assert sealing.open_(sealing.seal("王秀英", field=NAME), field=NAME) == "王秀英"
    assert len(sealing.blind("phone", "13800000027")) == 16


@pytest.mark.parametrize("vector", ["_RFC8998", "_GCM16", "_SM3"])
def test_the_self_test_stops_the_program_when_an_algorithm_differs(monkeypatch, vector):
    monkeypatch.setattr(sealing, "_tested", False)
    table = dict(getattr(sealing, vector))
    key = "sealed" if "sealed" in table else b"abc"
    table[key] = "00" + table[key][2:]
    monkeypatch.setattr(sealing, vector, table)
    with pytest.raises(KeyFileWrong, match="自检不通过"):
        sealing.selftest()
