"""The product's settings with a test's surroundings: its own keys, database, Valkey and mail sink."""

import os
import tempfile
from pathlib import Path

PLACE = Path(os.environ.get("TEST_PLACE") or tempfile.mkdtemp(prefix="undersigned-test-"))
os.environ["TEST_PLACE"] = str(PLACE)
os.environ.update(
    SECRET_KEY="only-for-tests-" + "x" * 50,
    KEYS_DIR=str(PLACE / "keys"),
    DATABASE_URL=os.environ.get("TEST_DATABASE") or f"sqlite:///{PLACE / 'development.sqlite3'}",
    REDIS_URL=f"unix://{PLACE / 'valkey.sock'}",
    SITE_URL="http://localhost",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    DEFAULT_FROM_EMAIL="letters@undersigned.test",
    CODE_FROM_EMAIL="codes@plain.test",
    EMAIL_HOST="127.0.0.1",
    EMAIL_SECURITY="none",
    CODES_PER_MAILBOX="100",
    CODE_WAIT_SECONDS="0",
    COUNT_SECONDS="0",
    SECOND_FACTOR_REQUIRED="false",  # tests of it turn it on
    FIRST_DELIVERIES_HELD="false",
    STATIC_ROOT=str(PLACE / "static"),
)

(PLACE / "static").mkdir(exist_ok=True)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES  # noqa: E402

SITE_URL = "http://testserver"  # Django's test client's, which no real site could have
CSRF_TRUSTED_ORIGINS = [SITE_URL]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the product: threads and processes share it, and its locks are real.
    DATABASES["default"]["TEST"] = {"NAME": str(PLACE / "test.sqlite3")}
    # No test cuts the power, and PostgreSQL's disk is not waited for either.
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
else:
    DATABASES["default"]["TEST"] = {"NAME": PLACE.name.replace("-", "_")}  # two runs may share a server
