"""The one API: /api/v1, problem+json, tokens or the page's own session."""

import json
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.security import APIKeyCookie, HttpBearer

from quanlin.boards.api import router as boards
from quanlin.boards.live.openapi import OPENAPI as LIVE
from quanlin.cases.api import router as cases
from quanlin.config.errors import problem
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed, QuanlinError, Refused
from quanlin.notices.api import router as notices
from quanlin.people.api import router as people
from quanlin.places.api import router as places


class BadRequest(QuanlinError):
    """What was sent is no request of this API."""

    status = 400


class Unauthenticated(QuanlinError):
    """No token, or one that is over."""

    status = 401


class TooLarge(QuanlinError):
    """More than is taken at once."""

    status = 413


class WrongType(QuanlinError):
    """Another content type is wanted."""

    status = 415


class Bearer(HttpBearer):
    """``Authorization: Bearer qln_…``; the actor was found by the middleware."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        return request.actor if request.actor.sort != "nobody" else None


class Session(APIKeyCookie):
    """The session of a page; writing needs the CSRF header."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        if request.actor.sort == "nobody" or self.param_name not in request.COOKIES:
            return None  # 401, before any talk about CSRF
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        return request.actor


class StrictJson(Parser):
    """JSON as RFC 8259 has it, in UTF-8: no NaN, no lone surrogates, no key twice (which of the two was meant?)."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise WrongType("wrong_content_type", "请求体要是 JSON。请带 Content-Type: application/json。")
        try:
            orjson.loads(request.body)
            return json.loads(request.body, object_pairs_hook=_without_repetition)
        except (ValueError, RecursionError):
            raise BadRequest("bad_json", "请求体不是合法的 JSON，什么都没有做。请检查后再发。") from None


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)[:80]
        raise Refused("duplicate_key", f"「{twice}」写了两次，不知道以哪个为准。请只写一次。", field=twice)
    return found


class Orjson(BaseRenderer):
    """Fast, with times in UTC as 2026-11-24T01:30:00Z."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)


PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. code is for programs, title is a sentence for people, field names what is wrong.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "field": {"type": "string"},
        "extra": {"type": "object"},
    },
}
FAULTS = {
    400: "The request is broken.",
    401: "No token or session, or one that is over.",
    403: "Not allowed. Says nothing about whether the thing exists.",
    404: "No such thing in what the asker may see.",
    409: "Somebody else was first; extra says what changed.",
    413: "Too large.",
    415: "Another content type is wanted.",
    422: "Understood and refused; field names what is wrong.",
    429: "Too often.",
    503: "The database does not answer; nothing was done. Try again with the same Idempotency-Key.",
}


class Api(NinjaAPI):
    """OpenAPI with what every operation may answer beside its own: written once, not at each of them."""

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**more)
        prefix = next(iter(schema["paths"])).rpartition("/v1/")[0] + "/v1"
        schema["paths"][f"{prefix}/live"] = {"get": LIVE}
        schema["paths"] = dict(sorted(schema["paths"].items()))
        schema["components"]["schemas"]["Problem"] = PROBLEM
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                _tell_faults(path, method, operation)
        return schema


def _tell_faults(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    wanted = {400, 422, 503}
    if "security" in operation:
        wanted |= {401, 403}
    if "{" in path:
        wanted.add(404)
    if method != "get":
        wanted |= {413, 415}
    if path.endswith(("/moves", "/me")):
        wanted.add(409)
    if path.endswith(("/reveal", "/live")):
        wanted.add(429)
    for status in sorted(wanted):
        body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers[status] = {"description": FAULTS[status], "content": body}
    if 201 in answers and path.endswith("/cases"):
        text = {"schema": {"type": "string"}}
        answers[201]["headers"] = {"Location": {"description": "Address of the case.", **text}}
        answers[200]["headers"] = {"Idempotent-Replayed": {"description": "true", **text}}


api = Api(
    title="泉邻 Quanlin",
    version="1",
    description="Cases of a community, from report to close. Times are ISO 8601 in UTC, places are codes.",
    urls_namespace="api",
    auth=[Bearer(), Session()],
    docs_url=None,
    openapi_url="/openapi.json",
    parser=StrictJson(),
    renderer=Orjson(),
)
for _router in (cases, people, notices, places, boards):
    api.add_router("", _router)


@api.exception_handler(QuanlinError)
def _quanlin(request: HttpRequest, fault: QuanlinError) -> HttpResponse:
    return problem(fault)


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, fault: AuthenticationError) -> HttpResponse:
    response = problem(Unauthenticated("unauthenticated", "请带上有效的令牌：Authorization: Bearer qln_…"))
    response["WWW-Authenticate"] = "Bearer"
    return response


_WHY = {"missing": "缺了这一项", "extra_forbidden": "没有这一项"}


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    faults: list[dict[str, Any]] = [
        {"field": ".".join(str(p) for p in e["loc"][1:] if p != "payload")[:80], "why": e["msg"]}
        for e in fault.errors
    ]
    first = faults[0]["field"]
    why = _WHY.get(fault.errors[0]["type"], "类型或取值不对")
    sentence = (
        f"「{first}」{why}，什么都没有做。请改了再发。"
        if first
        else "请求体缺了或不是一个 JSON 对象，什么都没有做。"
    )
    return problem(Refused("invalid", sentence, field=first, extra={"faults": faults[:20]}))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, fault: HttpError) -> HttpResponse:
    if isinstance(fault.__cause__, QuanlinError):  # what StrictJson said, wrapped by ninja
        return problem(fault.__cause__)
    refused = (
        NotAllowed("csrf", "这次请求没有带页面的校验值（CSRF），什么都没有做。请刷新页面再试，或改用令牌。")
        if fault.status_code == 403
        else BadRequest("http", "请求的写法不对：" + str(fault))
    )
    refused.status = fault.status_code
    return problem(refused)


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, fault: RequestDataTooBig) -> HttpResponse:
    return problem(TooLarge("too_large", "内容太大，没收下。文字最多 1 MB，照片请走 /photos。"))


@api.exception_handler(TooManyFilesSent)
@api.exception_handler(TooManyFieldsSent)
def _too_many(request: HttpRequest, fault: Exception) -> HttpResponse:
    return problem(Refused("too_many_photos", "一次最多 9 张照片，一张都没存。", field="photos"))


@api.exception_handler(MultiPartParserError)
def _bad_form(request: HttpRequest, fault: MultiPartParserError) -> HttpResponse:
    return problem(BadRequest("bad_form", "上传的内容不完整，什么都没存。请重新上传。"))
