from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quanlin.journal.rules import content, notes
from quanlin.journal.rules.entry import STORED_COLUMNS

ROW = {
    "id": 12,
    "recorded_at": datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
    "fact": "cases.accepted",
    "subject": "case",
    "subject_id": "7",
    "place": 2**62,
    "units": [3, 4],
    "persons": [UUID(int=9)],
    "drill": False,
    "at": datetime(2026, 1, 2, 11, 4, 5, 6, tzinfo=timezone(timedelta(hours=8))),
    "actor_sort": "staff",
    "actor_account": 5,
    "actor_role": "desk",
    "actor_grant": None,
    "actor_unit": 3,
    "actor_person": None,
    "session": "",
    "purpose": "",
    "data": {"b": 1, "a": "路灯\n不亮"},
    "writer": UUID(int=1),
    "writer_no": 1,
    "mac": b"\x01\x02",
}
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAD = notes.Head(
    origin=notes.origin_of(KEY),
    size=1234,
    root=b"\x05" * 32,
    number=17,
    time=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
)


def test_the_content_of_an_entry_is_these_bytes():
    assert content.canonical(content.sealed_content(ROW, 4)).decode() == (
        '{"actor_account":5,"actor_grant":null,"actor_person":null,"actor_role":"desk","actor_sort":"staff",'
        '"actor_unit":3,"at":"2026-01-02T03:04:05.000006Z","data":{"a":"路灯\\n不亮","b":1},"drill":false,'
        '"fact":"cases.accepted","id":12,"idx":4,"mac":"0102",'
        '"persons":["00000000-0000-0000-0000-000000000009"],"place":"4611686018427387904","purpose":"",'
        '"recorded_at":"2026-01-02T03:04:06.000000Z","session":"","subject":"case","subject_id":"7",'
        '"units":[3,4],"writer":"00000000-0000-0000-0000-000000000001","writer_no":1}'
    )


@pytest.mark.parametrize("name", sorted(STORED_COLUMNS))
def test_a_change_of_any_column_changes_the_leaf(name):
    other = dict(ROW)
    other[name] = {
        datetime: ROW["at"] + timedelta(microseconds=1),
        UUID: UUID(int=77),
        bool: True,
        int: 8,
        str: "x",
        list: [],
        dict: {"a": "路灯\n不亮", "b": 2},
        bytes: b"\x01",
        type(None): UUID(int=5) if name == "actor_person" else 3,
    }[type(ROW[name])]
    assert content.entry_leaf(other, 4) != content.entry_leaf(ROW, 4)
    texts = [content.canonical(content.written(row)) for row in (other, ROW)]
    macs = {content.writer_mac(text, b"k" * 32) for text in texts}
    assert len(macs) == (1 if name in ("id", "recorded_at", "mac") else 2)


def test_the_index_is_part_of_the_leaf():
    assert content.entry_leaf(ROW, 4) != content.entry_leaf(ROW, 5)


def test_what_a_fact_holds_becomes_plain_json():
    value = {"when": ROW["at"], "day": date(2026, 1, 2), "who": UUID(int=9), "list": (1, "x", None, True)}
    assert content.plain(value) == {
        "when": "2026-01-02T03:04:05.000006Z",
        "day": "2026-01-02",
        "who": "00000000-0000-0000-0000-000000000009",
        "list": [1, "x", None, True],
    }


@pytest.mark.parametrize("value", [0.5, {"a": [1.0]}, {1, 2}, b"x"])
def test_a_fact_cannot_hold_what_has_no_one_written_form(value):
    with pytest.raises(TypeError, match="a fact cannot hold"):
        content.plain(value)


def test_a_checkpoint_is_a_signed_note():
    note = notes.sign(HEAD, KEY)
    lines = note.split("\n")
    assert lines[:6] == [
        HEAD.origin,
        "1234",
        "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=",
        "number 17",
        "time 2026-01-02T03:04:05.000006Z",
        "",
    ]
    assert lines[6].startswith(f"— {HEAD.origin} ")
    assert notes.check(note, notes.verifiers_of([KEY])) == HEAD


def test_the_key_and_its_id_are_those_of_signed_note():
    """Vector of golang.org/x/mod/sumdb/note, as C2SP signed-note names it."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    verifier = notes.Verifier.parse(text)
    assert verifier.name == "PeterNeumann"
    assert verifier.key_id().hex() == "c74f20a3"
    assert str(verifier) == text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace("1234", "1235"),
        lambda note: note.replace("BQUF", "BQUG", 1),
        lambda note: note.replace("number 17", "number 18"),
        lambda note: note.replace("03:04:05", "03:04:04"),
        lambda note: note.replace("1234", "01234"),
        lambda note: note.replace("— ", "- "),
        lambda note: note.rsplit("\n—", 1)[0] + "\n",
        lambda note: note[:-8] + "AAAA" + note[-4:],
        lambda note: "",
        lambda note: "hello",
    ],
)
def test_an_altered_checkpoint_is_not_believed(spoil):
    with pytest.raises(notes.NoteWrong):
        notes.check(spoil(notes.sign(HEAD, KEY)), notes.verifiers_of([KEY]))


def test_a_checkpoint_of_another_key_is_not_believed():
    other = Ed25519PrivateKey.generate()
    with pytest.raises(notes.NoteWrong, match="no known key"):
        notes.check(notes.sign(HEAD, other), notes.verifiers_of([KEY]))


def test_after_a_change_of_keys_old_and_new_checkpoints_are_believed():
    new = Ed25519PrivateKey.generate()
    known = notes.verifiers_of([KEY, new])
    assert notes.check(notes.sign(HEAD, KEY), known) == HEAD
    assert notes.check(notes.sign(HEAD, new), known) == HEAD


@pytest.mark.parametrize(
    "text", ["", "a+b", "a+00000000+AAAA", "a+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(notes.NoteWrong):
        notes.Verifier.parse(text)
