"""The one API: /api/v1, problem+json, tokens or the page's own session."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie, HttpBearer

from quanlin.config.errors import problem
from quanlin.kit.actor import Actor
from quanlin.kit.errors import NotAllowed, QuanlinError, Refused


class Bearer(HttpBearer):
    """``Authorization: Bearer qln_…``; the actor was found by the middleware."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        return request.actor if request.actor.sort != "nobody" else None


class Session(APIKeyCookie):
    """The session of a page; writing needs the CSRF header."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        return request.actor if request.actor.sort != "nobody" else None


class Unauthenticated(QuanlinError):
    """No token, or one that is over."""

    status = 401


api = NinjaAPI(
    title="泉邻 Quanlin",
    version="1",
    urls_namespace="api",
    auth=[Bearer(), Session()],
    docs_url=None,
    openapi_url="/openapi.json",
)


@api.exception_handler(QuanlinError)
def _quanlin(request: HttpRequest, fault: QuanlinError) -> HttpResponse:
    return problem(fault)


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, fault: AuthenticationError) -> HttpResponse:
    response = problem(Unauthenticated("unauthenticated", "请带上有效的令牌：Authorization: Bearer qln_…"))
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    faults: list[dict[str, Any]] = [
        {"field": ".".join(str(p) for p in e["loc"][1:] if p != "payload"), "why": e["msg"]}
        for e in fault.errors
    ]
    first = faults[0]["field"] if faults else ""
    return problem(
        Refused(
            "invalid",
            f"「{first}」这一项不对：要的是别的类型或缺了它。",
            field=first,
            extra={"faults": faults},
        )
    )


@api.exception_handler(HttpError)
def _http(request: HttpRequest, fault: HttpError) -> HttpResponse:
    refused = (
        NotAllowed("http", str(fault))
        if fault.status_code == 403
        else QuanlinError("http", "请求的写法不对：" + str(fault))
    )
    refused.status = fault.status_code
    return problem(refused)
