"""A Django site whose sessions are in a cache or in one of two databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path

from .contenders import KEY

Use = Callable[[Any], object]


class Router:
    """Which of the databases has the sessions of this request."""

    now = "default"

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return Router.now

    db_for_write = db_for_read


def configure(urls: dict[str, str]) -> None:
    """Once for a process, with the URL of each store by its name."""
    parts = urlsplit(urls["PostgreSQL"])
    server = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": parts.username,
        "PASSWORD": parts.password,
        "HOST": parts.hostname,
        "PORT": parts.port,
    }
    file = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": urls["SQLite"].removeprefix("sqlite:///") + ".django",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": _PRAGMAS},
    }
    databases = {"default": server, "PostgreSQL": server, "SQLite": file}
    settings.configure(
        SECRET_KEY=KEY,
        ALLOWED_HOSTS=["app.example"],
        DATABASES={
            name: {**each, "CONN_MAX_AGE": None} for name, each in databases.items()
        },
        DATABASE_ROUTERS=[f"{__name__}.Router"],
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": urls["Redis"],
            }
        },
        INSTALLED_APPS=["django.contrib.sessions"],
        MIDDLEWARE=[],
        ROOT_URLCONF=__name__,
        SESSION_COOKIE_SECURE=True,
    )
    django.setup()
    from django.contrib.sessions.models import Session

    for name in ("PostgreSQL", "SQLite"):
        with connections[name].schema_editor() as editor:
            editor.create_model(Session)


# What SQLiteStore sets too.
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"


def site(use: Use, place: str) -> Any:
    """A site whose one page uses its session."""
    engine = "cache" if place == "Redis" else "db"
    with override_settings(
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
        SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}",
    ):
        handler = WSGIHandler()

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        Router.now = place
        environ[_USE] = lambda request: use(request.session)
        return handler(environ, start_response)

    return app


def bare_site() -> Any:
    """The same without sessions."""
    handler = WSGIHandler()

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        environ[_USE] = lambda request: None
        return handler(environ, start_response)

    return app


_USE = "benchmarks.use"


def _view(request: Any) -> HttpResponse:
    request.environ[_USE](request)
    return HttpResponse(b"ok")


urlpatterns = [path("account", _view)]
