"""The README's snippets run, and its tables say what the code says."""

from __future__ import annotations

import ast
import importlib
import os
import re
import textwrap
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import flask
import pytest

import session_middleware
from session_middleware import SessionConfig, SessionMiddleware

from ..support import KEY, OTHER_KEY, ROOT, app_of, call

README = (ROOT / "README.rst").read_text(encoding="utf-8")
PACKAGE = Path(session_middleware.__file__).parent


def snippet(word: str) -> str:
    """The one Python snippet that has ``word`` in it."""
    blocks = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", README)
    [found] = [block for block in blocks if word in block]
    return textwrap.dedent(found)


def run(word: str, **names: object) -> SimpleNamespace:
    """Run that snippet with these names; what it defines, as attributes."""
    namespace = dict(names)
    exec(compile(snippet(word), f"README: {word}", "exec"), namespace)
    return SimpleNamespace(**namespace)


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", KEY)
    monkeypatch.setenv("NEW_KEY", OTHER_KEY)
    monkeypatch.setenv("OLD_KEY", KEY)


def test_the_first_snippet_counts_visits():
    app = run('f"visit {').app

    first = call(app)
    second = call(app, cookie=first.cookie)

    assert (first.body, second.body) == (b"visit 1\n", b"visit 2\n")


def test_the_gunicorn_snippet_wraps_the_worker_s_application():
    worker = SimpleNamespace(wsgi=app_of(len))

    run("post_worker_init").post_worker_init(worker)

    assert call(worker.wsgi).body == b"0"


def test_the_gunicorn_snippet_without_a_key_is_one_line(monkeypatch):
    """Each worker printed a traceback, of 64 lines in all."""
    monkeypatch.delenv("SECRET_KEY")

    with pytest.raises(SystemExit, match=r"^SECRET_KEY is not set"):
        run("post_worker_init")


def test_the_revocation_snippet_logs_a_user_out_everywhere():
    user = SimpleNamespace(valid_from=datetime(2020, 1, 1, tzinfo=timezone.utc))
    app = app_of(lambda session: session.get("user"))
    readme = run("class Revocable", users={"ada": user}, app=app)

    class AMinuteAgo(readme.Revocable):
        def now(self):
            return super().now() - 60

    def log_in(interface):
        login = SessionMiddleware(app_of(lambda s: s.update(user="ada")), interface)
        return call(login).cookie

    cookie = log_in(AMinuteAgo(SessionConfig(secret_key=KEY)))

    before = call(readme.app, cookie=cookie).body
    readme.log_out_everywhere(user)
    after = call(readme.app, cookie=cookie).body
    again = call(readme.app, cookie=log_in(readme.interface)).body

    assert (before, after, again) == (b"ada", b"None", b"ada")


def test_the_overriding_snippet_takes_effect():
    counted = []
    readme = run(
        "class Tenants",
        SecureCookieSessionInterface=session_middleware.SecureCookieSessionInterface,
        timedelta=timedelta,
        metrics=SimpleNamespace(count=counted.append),
    )
    app = SessionMiddleware(
        app_of(lambda session: session.update(a=1)),
        readme.Tenants(SessionConfig(secret_key=KEY)),
    )
    tenant = {"tenant": SimpleNamespace(domain="tenant.example")}

    written = call(app, environ=tenant)
    call(app, cookie="__Secure-session=junk", environ=tenant)

    assert "Domain=tenant.example" in written.set_cookies[0]
    assert counted == ["session.malformed"]


def test_the_rotation_snippet_signs_with_the_new_key_what_the_old_one_opens():
    old = SessionMiddleware(app_of(lambda s: s.update(a=1)), secret_key=KEY)
    rotated = run(
        "secret_key_fallbacks",
        os=os,
        app=app_of(lambda session: session.get("a")),
        SessionMiddleware=SessionMiddleware,
    ).app
    new = SessionMiddleware(app_of(lambda s: s.get("a")), secret_key=OTHER_KEY)

    answer = call(rotated, cookie=call(old).cookie)

    assert answer.body == b"1"
    assert call(new, cookie=answer.cookie).body == b"1"


def test_the_encrypting_snippet_hides_what_is_in_the_cookie():
    app = run(
        "import EncryptedCookieSessionInterface",
        os=os,
        app=app_of(lambda session: session.setdefault("card", "4111")),
    ).app

    answer = call(app)

    assert call(app, cookie=answer.cookie).body == b"4111"
    assert answer.cookie.count(".") == 0


def test_the_moving_in_snippet_keeps_a_flask_user_logged_in():
    there = flask.Flask(__name__)
    there.secret_key = OTHER_KEY
    there.add_url_rule("/", view_func=lambda: flask.session.update(user="ada") or "")
    moved = run(
        "FlaskCookies(OLD_KEY)",
        app=app_of(lambda session: session.get("user")),
        OLD_KEY=OTHER_KEY,
        NEW_KEY=KEY,
        SessionMiddleware=SessionMiddleware,
    ).app

    answer = call(moved, cookie=call(there).cookie)
    [ours, deletion] = answer.set_cookies

    assert answer.body == b"ada"
    assert deletion.startswith("session=;")
    assert call(moved, cookie=ours.partition(";")[0]).body == b"ada"


def test_every_reader_that_the_readme_names_is_there():
    section = README[README.index("\nMove in from") : README.index("\nRotate a key")]

    named = set(re.findall(r"``(\w+)\.(\w+Cookies)", section))

    assert len(named) == 5
    for room, reader in named:
        module = importlib.import_module(f"session_middleware.formats.{room}")
        assert callable(getattr(module, reader).read)


def test_the_table_of_options_has_every_option():
    table = README[README.index("\nOptions\n") : README.index("\nWhen it is saved\n")]

    named = re.findall(r"^``(\w+)``  ", table, re.MULTILINE)

    assert named == [field.name for field in fields(SessionConfig)]


def test_the_snippets_of_stores_keep_list_and_end_sessions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where sessions.db is to be
    known = {"os": os, "SessionMiddleware": SessionMiddleware}
    app = run('store="sqlite', app=app_of(lambda s: s.increment("n")), **known).app
    cookie = call(app).cookie
    assert call(app, cookie=cookie).body == b"2"

    interface = run("class Members", os=os, SessionConfig=SessionConfig).interface
    app = SessionMiddleware(app_of(lambda s: s.setdefault("user_id", "ada")), interface)
    cookies = [call(app).cookie for _ in range(3)]
    assert call(app, cookie=cookies[0]).body == b"ada"

    run("revoke_everyone", interface=interface, session=None)

    assert interface.sessions_of("ada") == []
    assert (tmp_path / "sessions.db").is_file()


def test_the_list_of_events_has_every_event():
    text = README[README.index("One line for each event") : README.index("None has a")]

    named = set(re.findall(r"``([a-z]+(?:_[a-z]+)*)``", text)) - {"session_middleware"}

    assert named == set(events_in_the_code())


def events_in_the_code() -> list[str]:
    """Every name given to ``report(...)``, and every status that becomes one."""
    # The statuses of cookies that cannot be read, and of those that lead to nothing.
    names = {"bad_signature", "malformed", "gone", "replaced"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in _NAMING:
                given = [each for each in node.args if isinstance(each, ast.Constant)]
                names.update(each.value for each in given if each.value)
    return sorted(names)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


_NAMING = {"report", "report_once", "event", "Verdict"}


def test_every_public_name_is_documented():
    for name in dir(session_middleware):
        if name[0].isupper():
            assert getattr(session_middleware, name).__doc__, name
