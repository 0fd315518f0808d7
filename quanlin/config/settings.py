"""Settings. Everything that differs between deployments comes from the environment; the rest is decided here."""

import os
from pathlib import Path
from urllib.parse import unquote, urlparse

BASE = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(os.environ.get("QUANLIN_DATA_DIR", BASE / "var")).resolve()
PORT = int(os.environ.get("QUANLIN_PORT", "8000"))
PRODUCTION = os.environ.get("QUANLIN_PRODUCTION", "") == "1"
DEMO = os.environ.get("QUANLIN_DEMO", "") == "1" and not PRODUCTION
DEBUG = os.environ.get("QUANLIN_DEBUG", "") == "1"
INSECURE_KEY = "demonstration-only-not-a-secret-not-a-secret-not-a-secret"
SECRET_KEY = os.environ.get("QUANLIN_SECRET_KEY", INSECURE_KEY)
KEY_FILE = Path(os.environ.get("QUANLIN_KEY_FILE", DATA_DIR / "keys.json"))
NATS_URL = os.environ.get("QUANLIN_NATS_URL", "nats://127.0.0.1:4222")
MEDIA_DIR = DATA_DIR / "media"

ALLOWED_HOSTS = os.environ.get("QUANLIN_HOSTS", "*" if not PRODUCTION else "").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("QUANLIN_ORIGINS", "").split(",") if o]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def database(url: str, *, role: str = "") -> dict:
    """Django's dictionary for a ``postgresql://`` address; ``role`` is taken on by each connection."""
    parts = urlparse(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    options: dict = {"options": "-c timezone=UTC -c statement_timeout=30000"}
    if role:
        options["options"] += f" -c role={role}"
    if "sslmode" in query:
        options["sslmode"] = query["sslmode"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": options,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASE_URL = os.environ.get("QUANLIN_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/quanlin")
OWNER_URL = os.environ.get("QUANLIN_DATABASE_OWNER_URL", DATABASE_URL)
AS_OWNER = os.environ.get("QUANLIN_AS_OWNER", "") == "1"
DATABASES = {
    "default": database(OWNER_URL, role="quanlin_owner") if AS_OWNER else database(DATABASE_URL, role="quanlin_app")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "procrastinate.contrib.django",
    "quanlin.journal",
    "quanlin.places",
    "quanlin.staff",
    "quanlin.people",
    "quanlin.notices",
    "quanlin.cases",
    "quanlin.boards",
    "quanlin.demo",
    "quanlin.config",
]
AUTH_USER_MODEL = "staff.Account"
ROOT_URLCONF = "quanlin.config.urls"
WSGI_APPLICATION = "quanlin.config.wsgi.application"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "quanlin.config.assets.PickedFiles",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "quanlin.config.assets.HashedFiles"},
}
