"""What an adapter is given as its rules is a ``SessionInterface``, and nothing else."""

from __future__ import annotations

import pytest

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionConfig,
)
from session_middleware.adapters.bottle import SessionPlugin
from session_middleware.adapters.cherrypy import SessionTool
from session_middleware.adapters.falcon import SessionComponent
from session_middleware.adapters.pyramid import session_factory

from ..support import KEY

ADAPTERS = [SessionPlugin, SessionTool, SessionComponent, session_factory]
WRONG = {
    "key": KEY,
    "config": SessionConfig(secret_key=None),
    "class": SecureCookieSessionInterface,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda each: each.__name__)
def test_what_is_no_interface_is_refused_with_what_it_should_be(adapter, wrong):
    with pytest.raises(
        ConfigurationError, match=r"^interface.*SessionConfig\(secret_key"
    ) as refused:
        adapter(wrong)

    assert refused.value.option == "interface"
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("adapter", [SessionPlugin, SessionTool, SessionComponent])
def test_and_so_is_none(adapter):
    with pytest.raises(ConfigurationError, match=r"^interface: must be"):
        adapter(None)


def test_pyramid_takes_none_and_says_so():
    with pytest.raises(ConfigurationError, match="or None with a SessionMiddleware"):
        session_factory(KEY)

    assert session_factory(None)
