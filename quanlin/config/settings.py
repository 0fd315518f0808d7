"""Settings. Everything that differs between deployments comes from the environment; the rest is decided here."""

import os
from pathlib import Path
from urllib.parse import unquote, urlparse

from quanlin.kit import sealing

BASE = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(os.environ.get("QUANLIN_DATA_DIR", BASE / "var")).resolve()
PORT = int(os.environ.get("QUANLIN_PORT", "8000"))
PRODUCTION = os.environ.get("QUANLIN_PRODUCTION", "") == "1"
DEMO = os.environ.get("QUANLIN_DEMO", "") == "1" and not PRODUCTION
DEBUG = os.environ.get("QUANLIN_DEBUG", "") == "1"
INSECURE_KEY = "demonstration-only-not-a-secret-not-a-secret-not-a-secret"
SECRET_KEY = os.environ.get("QUANLIN_SECRET_KEY", INSECURE_KEY)
KEY_FILE = Path(os.environ.get("QUANLIN_KEY_FILE", DATA_DIR / "keys.json"))
sealing.configure(KEY_FILE, production=PRODUCTION)
NATS_URL = os.environ.get("QUANLIN_NATS_URL", "nats://127.0.0.1:4222")
MEDIA_DIR = DATA_DIR / "media"
SPRING_LEVEL = os.environ.get("QUANLIN_SPRING_LEVEL", "")
"""趵突泉水位 in metres as the wall shows it; without it the wall leaves its place out."""
SMS_GATEWAY = os.environ.get("QUANLIN_SMS_GATEWAY", "")
"""package.module.function that sends SMS, see notices.jobs.Gateway; without it they stay in the outbox."""

ALLOWED_HOSTS = os.environ.get("QUANLIN_HOSTS", "*" if not PRODUCTION else "").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("QUANLIN_ORIGINS", "").split(",") if o]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def database(url: str, *, role: str = "") -> dict:
    """Django's dictionary for a ``postgresql://`` address; ``role`` is taken on by each connection."""
    parts = urlparse(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    options: dict = {
        "options": "-c timezone=UTC -c statement_timeout=30000",
        # Prepared statements: the database plans the hot paths once a connection instead of once a request,
        # which halves its work (docs/adr/0008). Statements made by hand give each parameter its type.
        "server_side_binding": True,
        "prepare_threshold": 3,
    }
    if role:
        options["options"] += f" -c role={role}"
    if role == "quanlin_app":
        # The planner cannot know how many rows a policy lets through and takes it for one in two hundred; then it
        # gathers a whole district to sort it where walking the index would stop after twenty (docs/adr/0002).
        options["options"] += " -c enable_bitmapscan=off -c max_parallel_workers_per_gather=0"
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
    "default": database(OWNER_URL, role="quanlin_owner")
    if AS_OWNER
    else database(DATABASE_URL, role="quanlin_app")
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

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "quanlin.config.middleware.PlainFaults",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "quanlin.config.middleware.ActorOfRequest",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "quanlin" / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "quanlin.config.context.frame",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-quanlin" if PRODUCTION else "quanlin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600  # residents; staff are signed out after STAFF_IDLE without a request
STAFF_IDLE_SECONDS = 30 * 60
CSRF_COOKIE_NAME = "quanlin-csrf"
CSRF_FAILURE_VIEW = "quanlin.config.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_CSP = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 9
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
APPEND_SLASH = True

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_ADAPTER = "quanlin.staff.web.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = [
    "username*",
    "password1*",
]  # nobody can sign up; the sign-in form asks what is listed here
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
MFA_ADAPTER = "quanlin.staff.web.adapters.FactorAdapter"
MFA_FORMS = {
    "authenticate": "quanlin.staff.forms.SecondFactorForm",
    "reauthenticate": "quanlin.staff.forms.AgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "泉邻"
MFA_TOTP_TOLERANCE = 1  # half a minute either way: phones' clocks differ
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost:8000

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours; of a name from one address, so that nobody can lock out somebody else
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "quanlin.staff.web.adapters.too_often"
AXES_CLIENT_IP_CALLABLE = "quanlin.staff.web.adapters.source_of_request"
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_DISABLE_ACCESS_LOG = True  # the journal has who signed in
AXES_ENABLE_ADMIN = False
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}, "procrastinate.blueprints": {"level": "WARNING"}},
}
