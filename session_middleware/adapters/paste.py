"""The PasteDeploy adapter: sessions by a filter in an ini file.

A filter with ``use = egg:session-middleware`` is a :class:`SessionMiddleware`::

    [filter:session]
    use = egg:session-middleware
    secret_key_file = session.key
    permanent_lifetime = 14d
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..middleware import SessionMiddleware
from .options import interface_from_text

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["filter_app_factory"]


def filter_app_factory(
    app: WSGIApplication, global_conf: Mapping[str, str], /, **options: str
) -> SessionMiddleware:
    """Wrap ``app`` in sessions with the options of its section.

    :param app: the WSGI application.
    :param global_conf: the file's defaults, of which only ``here`` is read, the
        directory of the ini file: paths of files are relative to it.
    :param options: ``environ_key``, and those of
        :func:`~session_middleware.adapters.options.interface_from_text`.
    :raises ConfigurationError: naming the option as it is written in the file.
    """
    environ_key = options.pop("environ_key", "session")
    here = global_conf.get("here", "")
    resolved = {
        name: os.path.join(here, value) if name.endswith("_file") else value
        for name, value in options.items()
    }
    interface = interface_from_text(resolved)
    return SessionMiddleware(app, interface, environ_key=environ_key)
