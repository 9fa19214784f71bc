"""The page about moving in names every reader, by its key and its options."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from session_middleware import ConfigurationError
from session_middleware.adapters.beaker import BeakerSessionMiddleware
from session_middleware.adapters.options import interface_from_text
from session_middleware.formats.flask import FlaskCookies

from ..support import KEY, OTHER_KEY, ROOT, app_of

PAGE = (ROOT / "docs" / "deploy" / "moving-in.rst").read_text(encoding="utf-8")
ROWS = re.findall(
    r"   \* - .*``(\w+)\.(\w+Cookies)``\n     - ((?:.+\n)+?)(?=   \* |\n)", PAGE
)
OF_ALL = {"cookie_name", "cookie_domain", "cookie_path"}


def test_it_names_every_reader():
    named = {f"{room}.{reader}" for room, reader, _ in ROWS}

    assert named == {
        "flask.FlaskCookies",
        "starlette.StarletteCookies",
        "pyramid.PyramidCookies",
        "django.DjangoCookies",
        "beaker.BeakerCookies",
        "ours.OurCookies",
    }


@pytest.mark.parametrize(("room", "reader", "cell"), ROWS, ids=lambda text: text[:20])
def test_a_reader_is_there_and_takes_what_the_page_says(room, reader, cell):
    made_by = getattr(
        importlib.import_module(f"session_middleware.formats.{room}"), reader
    )
    taken = [*inspect.signature(made_by).parameters]
    key, *options = re.findall(r"``(\w+)``", cell)

    assert key == taken[0]
    assert set(options) == set(taken[1:]) - OF_ALL
    assert callable(made_by.read)


def test_each_host_takes_readers_where_the_page_says():
    reader = FlaskCookies(OTHER_KEY)
    settings = {"p.secret_key": KEY, "p.accept": [reader]}
    options = {"session.validate_key": KEY, "session.accept": [reader]}

    assert interface_from_text(settings, "p.").config.accept == (reader,)
    in_beakers_place = BeakerSessionMiddleware(app_of(len), options)
    assert in_beakers_place.interface.config.accept == (reader,)
    with pytest.raises(ConfigurationError, match="wrap the application in Python"):
        interface_from_text({**settings, "p.accept": "flask"}, "p.")
