"""A plain WSGI application whose sessions are in a store, for real servers to serve.

``SESSION_STORE`` is the store's URL; ``cluster://host:port`` is a Redis Cluster. With
``USED_BEFORE`` set the application has answered two requests when it is imported.
"""

from __future__ import annotations

import json
import logging
import os
import time
from urllib.parse import parse_qsl

from session_middleware import SessionMiddleware
from session_middleware.stores.urls import open_store

from ..support import KEY, call

logging.basicConfig(level=logging.INFO)
log = logging.getLogger(__name__)


def app(environ, start_response):
    """Says in JSON what the page gives, and which process has answered."""
    page = PAGES[environ["PATH_INFO"]]
    time.sleep(0.002)  # so that the other worker has its share
    given = page(environ, **dict(parse_qsl(environ["QUERY_STRING"])))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"process": os.getpid(), **given}).encode()]


def untouched(environ):
    return {}


def count(environ, key):
    """Raise a key by one."""
    session = environ["session"]
    session[key] = session.get(key, 0) + 1
    return {"count": session[key]}


def add(environ, key):
    """Raise a key that others raise too."""
    return {"count": environ["session"].increment(key)}


def linger(environ, key):
    """Open the session, wait for its end by another request, and write."""
    session = environ["session"]
    was = dict(session)
    log.info("%s has opened its session", key)
    place, end = session.place.key, time.monotonic() + 20
    while (found := STORE.read(place)) and found.successor is None:
        assert time.monotonic() < end, "nobody has ended it"
        time.sleep(0.01)
    session[key] = "written late"
    return {"session": was}


def begin(environ, name, tell=""):
    """A new session, whoever has asked.

    :param tell: also, by which connection this thread asks the store.
    """
    environ["session"].regenerate(keep=[])
    environ["session"]["name"] = name
    return {"line": line_to(STORE)} if tell else {}


def log_in(environ, user):
    environ["session"].regenerate()
    environ["session"]["user"] = user
    return {}


def log_out(environ):
    environ["session"].invalidate()
    return {}


def read(environ):
    session = environ["session"]
    return {"session": dict(session), "status": session.status}


def before(environ):
    """The cookie of the session that was begun before there were workers."""
    return {"cookie": USED}


PAGES = {
    "/": untouched,
    "/count": count,
    "/add": add,
    "/linger": linger,
    "/begin": begin,
    "/login": log_in,
    "/logout": log_out,
    "/read": read,
    "/before": before,
}


def line_to(store):
    """What tells the connection, by which a thread asks its store now, from others."""
    kind = type(store).__name__
    store.read("0" * 64)
    if kind == "SQLiteStore":
        return store._connections._local.thread.process
    if kind == "RedisStore":
        return store._client.client_id()
    with store._transactions.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()


def store_at(url):
    """The store that a URL names, or that is given a client of a Cluster."""
    if not url.startswith("cluster://"):
        return open_store(url)
    from redis import RedisCluster

    from session_middleware.stores.redis import RedisStore

    return RedisStore(RedisCluster.from_url(url.replace("cluster", "redis", 1)))


STORE = store_at(os.environ["SESSION_STORE"])
wrapped = SessionMiddleware(app, secret_key=KEY, store=STORE, owner_key="user")
USED = ""
if "USED_BEFORE" in os.environ:
    USED = call(wrapped, "/count?key=n", base_url="http://127.0.0.1").cookie
    call(wrapped, "/count?key=n", cookie=USED, base_url="http://127.0.0.1")
