"""The API's document changes only on purpose: ``just openapi`` writes it anew, and the change is seen in the commit."""

import os
from pathlib import Path

import orjson

from tests import agreed

SNAPSHOT = Path(__file__).parent / "openapi.json"


def written() -> bytes:
    """The document, stable and readable."""
    return orjson.dumps(agreed.schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def test_the_document_is_the_one_that_was_agreed() -> None:
    if os.environ.get("QUANLIN_WRITE_OPENAPI") == "1":
        SNAPSHOT.write_bytes(written())
    assert SNAPSHOT.read_bytes() == written(), "OpenAPI has changed. When that was meant: just openapi"


def test_every_answer_of_every_operation_has_a_schema() -> None:
    for path, methods in agreed.schema()["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                assert answer.get("content"), f"{method} {path} {status} does not say what it answers"


def test_every_operation_has_words_for_people_and_a_name_of_its_own() -> None:
    operations = [o for methods in agreed.schema()["paths"].values() for o in methods.values()]
    assert all(o.get("summary") and o.get("description") and o.get("tags") for o in operations)
    names = [o["operationId"] for o in operations]
    assert len(names) == len(set(names))
