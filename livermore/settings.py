"""Django's settings, all from the environment (see livermore.environment)."""

import os
import sys
from typing import Any

import dj_database_url

from livermore.data_directory import secret_key_in
from livermore.environment import BASE_DIR, BadEnvironmentError, read_environment

try:
    ENVIRONMENT = read_environment(os.environ)
    SECRET_KEY = ENVIRONMENT.secret_key or secret_key_in(ENVIRONMENT.data_dir)
except BadEnvironmentError as error:
    # One line and a status, from whichever command was started: a traceback would bury the name.
    sys.exit(f"livermore: {error}")

DATA_DIR = ENVIRONMENT.data_dir
REDIS_URL = ENVIRONMENT.redis_url
REDIS_IS_EMBEDDED = ENVIRONMENT.embedded_redis
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.csrf_trusted_origins)

INSTALLED_APPS = [
    "daphne",
    "livermore.apps.LivermoreAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_jsonform",
    "django_ace",
    "ninja",
    "channels",
    "settingsapp",
    "symbols",
    "runtime",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "livermore.content_security.ContentSecurityMiddleware",
    "livermore.api_errors.JsonErrorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "livermore.urls"
ASGI_APPLICATION = "livermore.asgi.application"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "status"
LOGOUT_REDIRECT_URL = "login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    url = ENVIRONMENT.database_url or f"sqlite:///{DATA_DIR / 'livermore.sqlite3'}"
    database: dict[str, Any] = dict(dj_database_url.parse(url))
    if "sqlite" in database["ENGINE"]:
        # IMMEDIATE: a transaction takes the write lock at its start, so that read-then-write is safe and
        # concurrent writers wait instead of failing with "database is locked".
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        # Under ASGI each request may run on another thread: a pool instead of connections kept per thread.
        # What the URL says (sslmode, for instance) counts more than our own.
        database["OPTIONS"] = {
            # As long as SQLite waits: two hundred writers at once wait in line for one row.
            "pool": {"min_size": 1, "max_size": 10, "timeout": 20},
            "connect_timeout": 5,
            # A process that was stopped within a transaction must not keep its locks: by the time at which another
            # engine may lead in its place, the server has ended that session.
            "options": "-c idle_in_transaction_session_timeout=10000",
        } | database.get("OPTIONS", {})
        database["CONN_MAX_AGE"] = 0
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "livermore:django",
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            # A cache that is away is an empty one: who is signed in stays so, and the pages can say that Redis is away.
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
        },
    }
}
# Sessions survive a lost cache: signing in again because Redis was restarted would be a surprise.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # redis-py 8 drops an idle connection after 5 s unless told otherwise.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "livermore:layer"},
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
# Served straight from the installed packages: there is no collect step to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Plain http must work on loopback; an installation whose origins are all https gets the strict settings.
SERVED_OVER_HTTPS = bool(CSRF_TRUSTED_ORIGINS) and all(o.startswith("https://") for o in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVED_OVER_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_OVER_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SERVED_OVER_HTTPS else None
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains and
    "security.W021",  # preloading are promises about a whole domain: its owner's to make, not ours
    "security.W008",  # the proxy that ends TLS redirects; the engine's own health checks come by plain http
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
            "datefmt": "%Y-%m-%d %H:%M:%S",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}
