"""Hard limits: what this platform stores of nobody. No setting turns them on; a change here needs an ADR.

Names are looked at in every place where something about a person could be kept or asked: columns and tables, fields of the
catalogue, fields of facts, the API, and the packages that are installed.
"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.apps import apps

from quanlin.kit.facts import known_facts
from tests import agreed

ROOT = Path(__file__).resolve().parents[2]

NEVER: dict[str, tuple[str, str]] = {
    "No face is turned into numbers, and nobody is searched by his face.": (
        r"\bfaces?\b|facial|faceprint|人脸|面部|刷脸",
        "face template",
    ),
    "No other part of a body is a key either: no fingerprint, iris, gait or voice.": (
        r"biometric|finger ?print|\biris\b|\bgait\b|voice ?print|\bpalm\b|生物特征|指纹|虹膜|步态|声纹|掌纹",
        "voiceprint",
    ),
    "No vector by which a person in one picture is found in another.": (
        r"embedding|feature vector|\breid\b|re ?identification|特征值|特征向量",
        "embedding",
    ),
    "No trajectory: nobody's places are put in a row.": (
        r"trajector|\btracks?\b|\btracking\b|whereabouts|movements? of|last seen place|轨迹|行踪|活动范围",
        "trajectory",
    ),
    "No score of a person: no risk, credit, trust or danger.": (
        r"\brisk\b|\bcredit\b|social score|trust score|threat|danger level|suspicion|风险等级|风险值|危险等级|信用分|积分等级",
        "risk score",
    ),
    "No ethnicity and no religion.": (
        r"ethnic|\brace\b|\bracial\b|\bnation\b|religio|\bfaith\b|\bbelief|民族|种族|宗教|信仰",
        "ethnicity",
    ),
    "No judgement that somebody behaves abnormally.": (
        r"abnormal|anomal|deviant|behaviou?r|行为异常|异常行为|异常人员",
        "behaviour anomaly",
    ),
    "No list of people to be watched.": (
        r"watch ?list|black ?list|blocklist|key persons?|special (persons?|groups?|residents?)|重点人员|重点人群|黑名单|布控",
        "watch_list",
    ),
}
"""What is never kept → the pattern of its names, and a name that the pattern finds."""

POSITION = re.compile(
    r"\b(lat|lng|lon|latitude|longitude|position|location|geolocation|coordinates?|point|gps|heading|speed|bearing|altitude)\b"
)
OF_A_MATTER = {("cases_case", "lat"), ("cases_case", "lng")}
"""Where the matter is, given by whoever reports it: of no person, and not repeated in time."""
OF_A_THING = {
    (table, column)
    for table in ("places_place", "places_site", "places_entrance", "places_keyposition")
    for column in ("lat", "lng")
}
"""Where a house, a square, a gate stands."""

FINE = {
    (
        "entrance_door.yaml",
        "刷卡或人脸",
    ): "which lock of the door is broken; what it recognises stays inside of it",
}
"""Names that a pattern finds and that break nothing, each with its reason."""

LIBRARIES = re.compile(
    r"face|dlib|insight|deepface|arcface|mediapipe|openface|biometr|speechbrain|pyannote|torchreid|vggface|retina"
)


def words(name: str) -> str:
    """faceTemplate and face_template as words: ``face template``."""
    return re.sub(r"[_.\-]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)).lower()


def breaches(names: Iterator[tuple[str, str]]) -> list[str]:
    """(where, name) → a sentence for each name that says something that is never kept."""
    return [
        f"{where} has {name}. {limit}"
        for where, name in names
        for limit, (pattern, _) in NEVER.items()
        if re.search(pattern, words(name)) and (where, name) not in FINE
    ]


def columns() -> Iterator[tuple[str, str]]:
    """(table, column), and (table, its own name), of every model, also those of packages."""
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        yield table, table
        yield table, model.__name__
        for field in model._meta.get_fields():
            if getattr(field, "column", None):
                yield table, field.column
                yield table, str(field.verbose_name)


def catalogue_fields() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "quanlin/cases/catalogue").glob("*.yaml")):
        kind = yaml.safe_load(file.read_text())
        yield file.name, kind["code"]
        yield file.name, kind["name"]
        for field in kind.get("fields") or []:
            yield file.name, field["code"]
            yield file.name, field["label"]
            for value, label in (field.get("choices") or {}).items():
                yield file.name, str(value)
                yield file.name, str(label)


def fact_fields() -> Iterator[tuple[str, str]]:
    for room in sorted(p.parent.name for p in (ROOT / "quanlin").glob("*/facts.py")):
        importlib.import_module(f"quanlin.{room}.facts")
    for name, fact in known_facts().items():
        yield name, name
        for field in fact.__dataclass_fields__:
            yield name, field


def api_names() -> Iterator[tuple[str, str]]:
    """Paths, parameters and properties of the API."""
    document = agreed.schema()
    for path, methods in document["paths"].items():
        yield "API", path.replace("/", " ")
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                yield f"API {path}", parameter["name"]
    for name, schema in document["components"]["schemas"].items():
        yield f"API {name}", name
        for property_ in schema.get("properties", {}):
            yield f"API {name}", property_


SOURCES = {"columns": columns, "catalogue": catalogue_fields, "facts": fact_fields, "API": api_names}


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_kept_or_asked_that_is_never_built(source: str) -> None:
    names = list(SOURCES[source]())
    assert len(names) > 100, f"hardly anything was looked at: {len(names)}"
    assert breaches(iter(names)) == []


@pytest.mark.parametrize("limit", NEVER)
def test_each_limit_finds_what_breaks_it(limit: str) -> None:
    example = NEVER[limit][1]
    assert breaches(iter([("people_person", example)])) == [f"people_person has {example}. {limit}"]


@pytest.mark.parametrize(
    "fine", ["surface", "interface", "trace", "creditor_less", "rating", "tracker_free_page", "reporter"]
)
def test_harmless_names_pass(fine: str) -> None:
    assert breaches(iter([("cases_case", fine)])) == []


def test_no_table_holds_where_a_person_is() -> None:
    found = {
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if POSITION.search(words(field.column))
    }
    assert found == OF_A_MATTER | OF_A_THING
    things = {table for table, _ in OF_A_THING}
    persons = {
        c for table, c in columns() if table in things and re.search(r"person|account|reporter|actor", c)
    }
    assert persons == set(), "a thing stands somewhere by itself"
    assert POSITION.search(words("lastLocation"))


def test_the_place_of_a_matter_is_not_followed_in_time() -> None:
    """One pair for a case; what is told again and again about a case has no position of its own."""
    for name, field in fact_fields():
        assert not POSITION.search(words(field)), f"{name} carries {field}"


def test_a_photo_keeps_no_trace_of_where_or_with_what_it_was_taken() -> None:
    photo = {column for table, column in columns() if table == "cases_photo"}
    assert photo >= {"digest", "width", "height", "bytes"}
    assert not {c for c in photo if re.search(r"exif|gps|camera|taken", c)}


def test_no_package_that_recognises_people_is_installed() -> None:
    locked = re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    browser = re.findall(r"node_modules/([\w@/.-]+)\"", (ROOT / "package-lock.json").read_text())
    assert len(locked) > 60
    assert len(browser) > 20
    assert [name for name in [*locked, *browser] if LIBRARIES.search(name.lower())] == []
    assert LIBRARIES.search("face-recognition")
