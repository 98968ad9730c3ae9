"""The only settings. Whatever differs between places comes from the environment; see `.env.example`."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from environs import validate

from config import environment, logs, refusals, schedule

env = environment.read()
ONION = r"(https?://[a-z0-9.-]+\.onion/?)?$"
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Identity of this installation -------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY")
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
KEYS_DIR = Path(env.str("KEYS_DIR") or ".")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0, validate=validate.Range(min=0, max=10))
# The same site as an onion service, if there is one.
ONION_URL = (env.str("ONION_URL", "", validate=validate.Regexp(ONION)) or "").rstrip("/")
IS_HTTPS = urlsplit(SITE_URL).scheme == "https"

# --- Applications ------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "petitions",
    "accounts",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
]
MIDDLEWARE = [
    "config.requests.RequestId",
    "config.headers.BrowserHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.policy.Policy",
    "petitions.languages.ReadersLanguage",
    "petitions.views.holding.HoldsPages",
    "petitions.views.errors.TakesLittle",
    "accounts.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.Users",
    "accounts.middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.RefusalsAreUnprocessable",
    "config.onion.OnionLocation",
    "petitions.views.errors.SaysWhatToDo",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["petitions.templatetags.languages"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "petitions.views.mailbox.way_to_mailbox",
            ],
        },
    }
]

# --- Database ----------------------------------------------------------------------------------------------
# FULL waits for the disk at each commit, as PostgreSQL does. Without it a loss of power takes along the last
# signatures that were acknowledged, and that a letter has begun to leave.
SQLITE_START = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
)
SQLITE = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_START}
POSTGRESQL = {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}}


def with_options(database: dict[str, Any]) -> dict[str, Any]:
    """The database with what each engine needs: SQLite's lock at BEGIN, PostgreSQL's pool."""
    is_sqlite = database.get("ENGINE", "").endswith("sqlite3")
    database["OPTIONS"] = (database.get("OPTIONS") or {}) | (SQLITE if is_sqlite else POSTGRESQL)
    database["CONN_MAX_AGE"] = None if is_sqlite else 0  # the pool keeps PostgreSQL's connections
    return database


DATABASES = {"default": with_options(env.dj_db_url("DATABASE_URL") or {})}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: cache, limits and broker -----------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", validate=validate.Regexp(r"(redis|rediss|unix)://"))
REDIS_SECONDS = {"socket_timeout": 1, "socket_connect_timeout": 1}
CACHES = {
    "default": {
        "BACKEND": "config.caches.KeptRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": REDIS_SECONDS,
        "KEY_PREFIX": "undersigned",
    }
}
CODE_WAIT_SECONDS = env.int("CODE_WAIT_SECONDS", 30)  # before the same browser may ask for a new code
COUNT_SECONDS = env.int("COUNT_SECONDS", 2)  # the longest a shown number may lag behind the rows

# Kombu names a Unix socket redis+socket:// where everybody else says unix://.
CELERY_BROKER_URL = (REDIS_URL or "").replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = REDIS_SECONDS | {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_GRACE_SECONDS = env.float("WORKER_GRACE_SECONDS", 30.0)  # see config/celery.py
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_DEFAULT_QUEUE = "undersigned"
# Sending has a queue of its own, so that a slow mail server starves nothing else.
QUEUES = {"worker": CELERY_TASK_DEFAULT_QUEUE, "sender": "deliveries"}  # by the part that serves it
CELERY_TASK_ROUTES = {
    f"petitions.tasks.{name}": {"queue": QUEUES["sender"]} for name in ("send_delivery", "send_round")
}
CELERY_BEAT_SCHEDULER = "config.beat:Clock"
# How often the clock looks for what is due. A wrong value is told at the end, with all others.
SWEEP_SECONDS = env.float("SWEEP_SECONDS", 3.0, validate=validate.Range(min=0.1, max=60)) or 3.0
# Without one for so long, a part counts as stopped.
HEARTBEAT_SECONDS = env.float("HEARTBEAT_SECONDS", 60.0, validate=validate.Range(min=0.1)) or 60.0
CELERY_BEAT_SCHEDULE = schedule.of(sweep=SWEEP_SECONDS, heartbeat=HEARTBEAT_SECONDS, queues=QUEUES)
CELERY_TIMEZONE = "UTC"

# --- Mail --------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_PASSWORD", "")
EMAIL_SECURITY = env.str("EMAIL_SECURITY", "starttls", validate=validate.OneOf(["tls", "starttls", "none"]))
EMAIL_USE_TLS = EMAIL_SECURITY == "starttls"
EMAIL_USE_SSL = EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "letters@localhost")
CODE_FROM_EMAIL = env.str("CODE_FROM_EMAIL", "codes@localhost")
CODES_PER_MAILBOX = env.int("CODES_PER_MAILBOX", 3)  # a day; a fourth is not sent, and nobody is told
MAILBOX_SOCKET = env.str("MAILBOX_SOCKET", "")  # set by `up`: where its mail sink answers

# --- Watching: see docs/watching.md ------------------------------------------------------------------------
METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # without one there is no /metrics

# --- What is kept, and for how long: see flows/purges.py ---------------------------------------------------
# Of people, after a letter has closed.
RETENTION_DAYS = env.int("RETENTION_DAYS", 180, validate=validate.Range(min=1))

# The longest that a backup is kept anywhere: until then it can be made to forget again what was erased since.
BACKUP_DAYS = env.int("BACKUP_DAYS", 40, validate=validate.Range(min=1))
# Public keys of age to which backups are encrypted: see docs/restore.md.
BACKUP_PUBLIC_KEYS: list[str] = env.list("BACKUP_PUBLIC_KEYS", [], subcast=str.strip)

# --- Accounts: organizers only; signers have none ----------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Undersigned"
MFA_FORMS = {"add_webauthn": "accounts.forms.AddPasskeyForm"}
MFA_ADAPTER = "accounts.adapter.SecondStepAdapter"
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", True)  # of owners, before a letter opens
FIRST_DELIVERIES_HELD = env.bool("FIRST_DELIVERIES_HELD", True)  # to other domains, of a new organizer
SESSION_COOKIE_AGE = 14 * 60 * 60

# --- Language, time ----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files -------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / "build" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- What browsers are told --------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Not "no-referrer": Chromium then posts forms with "Origin: null", which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # whether browsers preload the domain is its owner's decision
if TRUSTED_PROXIES:
    SILENCED_SYSTEM_CHECKS += ["security.W008"]  # the proxy in front sends everybody from http to https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = IS_HTTPS and not TRUSTED_PROXIES
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
MESSAGE_STORAGE = "config.messages.Messages"
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_AGE = None  # gone with the browser's session
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "petitions.views.errors.forbidden"
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_500  # a letter with its 200 recipients on one page

# --- Logs: one line for each fault, no request line, no person; see config/logs.py ---------------------------
LOGGING = logs.configuration(
    env.str("LOG_FORMAT", "json", validate=validate.OneOf(["json", "text"]))  # text is for people
)

environment.finish(
    env,
    refusals.found(
        site_url=SITE_URL,
        secret_key=SECRET_KEY,
        hosts=ALLOWED_HOSTS,
        debug=DEBUG,
        database=DATABASES["default"],
        backup_keys=BACKUP_PUBLIC_KEYS,
    ),
)
