"""What OpenAPI says about an answer: every answer in the API's tests is held to it."""

import re
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from django.http import HttpResponse


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI document as clients get it."""
    from quanlin.config.api import api

    return orjson.loads(orjson.dumps(api.get_openapi_schema(), option=orjson.OPT_NON_STR_KEYS))


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    """Longest first, so that /kinds/suggest is not taken for a kind."""
    found = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in schema()["paths"]]
    return sorted(found, key=lambda pair: (pair[1].count("{"), -len(pair[1])))


@cache
def _validator(ref: str) -> jsonschema_rs.Validator:
    body = orjson.loads(ref)
    return jsonschema_rs.validator_for({**body, "components": schema()["components"]}, validate_formats=True)


def check(method: str, path: str, answer: HttpResponse) -> None:
    """Fail when the answer is not documented, or not as documented. Paths and methods that there are not are let by."""
    template = next((t for pattern, t in _paths() if pattern.fullmatch(path)), None)
    operation = schema()["paths"].get(template or "", {}).get(method.lower())
    if operation is None:
        return
    documented = operation["responses"].get(str(answer.status_code))
    assert documented is not None, (
        f"{method} {template} answers {answer.status_code}, which is not documented"
    )
    kind = answer["Content-Type"].split(";")[0]
    assert kind in documented["content"], f"{method} {template} answers {kind}"
    body = documented["content"][kind].get("schema")
    if body is not None:
        _validator(orjson.dumps(body).decode()).validate(orjson.loads(answer.content))
