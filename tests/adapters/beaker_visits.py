"""Requests to an app that keeps its session in ``environ["beaker.session"]``."""

from __future__ import annotations

from typing import ClassVar

from session_middleware.adapters.beaker import (
    BeakerSession,
    BeakerSessionInterface,
    BeakerSessionMiddleware,
)

from ..support import call, make_interface


class Usual:
    """What runs these tests, and what stands for a class of sessions."""

    interface = BeakerSessionInterface
    kinds: ClassVar = {}


def make(session_class=BeakerSession, **options):
    interface = make_interface(Usual.interface, **options)
    interface.session_class = Usual.kinds.get(session_class, session_class)
    return interface


def ask(interface, use, cookie=None):
    """One request: ``use(session)``, and the answer with what it gave as text."""

    def app(environ, start_response):
        result = use(environ["beaker.session"])
        start_response("200 OK", [])
        return [str(result).encode()]

    return call(BeakerSessionMiddleware(app, interface=interface), cookie=cookie)


def saved(interface, **data):
    """The Cookie header of a session that holds ``data``."""
    return ask(interface, lambda s: (s.update(data), s.save()), None).cookie


def content(interface, cookie):
    return ask(interface, dict, cookie).body.decode()
