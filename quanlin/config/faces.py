"""What every face of the platform has beside its pages: installing, the letter size, going without network, failing."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from quanlin.config.gallery import gallery

YEAR = 365 * 24 * 3600


@require_GET
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """The web manifest: residents may put the platform on their home screen."""
    icons = [
        {
            "src": static(f"quanlin/brand/{name}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for name, size, purpose in (
            ("icon-192", 192, "any"),
            ("icon-512", 512, "any"),
            ("maskable-512", 512, "maskable"),
        )
    ]
    return JsonResponse(
        {
            "name": "泉邻 社区的事",
            "short_name": "泉邻",
            "id": "/",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "lang": "zh-CN",
            "background_color": "#f2f5f2",
            "theme_color": "#0b646c",
            "icons": icons,
            "shortcuts": [{"name": "报事", "url": "/report/"}, {"name": "我的办件", "url": "/cases/"}],
        },
        content_type="application/manifest+json",
    )


@require_GET
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it may answer for every page."""
    return render(request, "worker.js", content_type="text/javascript")


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """What the service worker shows when there is no network."""
    return render(request, "errors/offline.html")


@require_POST
def size(request: HttpRequest) -> HttpResponse:
    """Switches 长辈版 on or off and goes back to where the person was."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    answer = HttpResponseRedirect(back)
    if request.POST.get("size") == "elder":
        answer.set_cookie(
            "q_size", "elder", max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    else:
        answer.delete_cookie("q_size", samesite="Lax")
    return answer


pages = [
    path("manifest.webmanifest", manifest, name="manifest"),
    path("worker.js", worker, name="worker"),
    path("offline/", offline, name="offline"),
    path("size/", size, name="size"),
]
if settings.DEMO:
    pages += [path("gallery/", gallery, name="gallery"), path("gallery/<str:page>/", gallery)]
