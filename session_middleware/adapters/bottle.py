"""The Bottle adapter: ``request.session``, and an argument of the routes that take it.

::

    app = bottle.Bottle()
    app.install(SessionPlugin(interface))

    @app.post("/login")
    def login(session):
        session["user"] = bottle.request.forms.user

The plugin puts a :class:`SessionMiddleware` around ``app.wsgi``, which saves the
session: after error handlers and hooks, whatever the route returned or raised.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from bottle import BaseRequest, Bottle, PluginError, Route, request

from ..cookies import plain
from ..exceptions import ConfigurationError
from ..interface import SessionInterface
from ..middleware import SessionMiddleware
from ..nesting import session_to_join
from ..response import CHAIN
from ..session_base import SessionMixin
from .rules import check_rules

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["SessionPlugin"]


class SessionPlugin:
    """Sessions for a Bottle app: ``app.install(SessionPlugin(interface))``.

    Where an app with the plugin is mounted into another, that one has sessions too.
    Nested apps with the same interface share one session. ``apply=`` on a route only
    passes the argument: the app needs the plugin too. A decorator around a route that
    takes the session needs ``functools.wraps``.

    :param interface: the rules.
    :param keyword: the name of the argument and of the attribute of ``request``. It is
        the plugin's name too, for ``skip=`` and ``app.uninstall()``.
    :raises ConfigurationError: naming the parameter, the rule and what to do.
    """

    api = 2

    def __init__(self, interface: SessionInterface, keyword: str = "session") -> None:
        self._interface = check_rules(interface)  # private: templates reach plugins
        self.keyword = self.name = _check_keyword(keyword)
        self.environ_key = f"bottle.request.ext.{self.keyword}"  # request.<keyword>

    def setup(self, app: Bottle) -> None:
        """Bottle calls it as the plugin is installed.

        :raises bottle.PluginError: another plugin has this keyword.
        """
        for other in app.plugins:
            if getattr(other, "keyword", None) == self.keyword:
                raise _conflict(other, self.keyword)
        self._serve(app, app)

    def apply(self, callback: Callable[..., Any], route: Route) -> Callable[..., Any]:
        """Bottle calls it for each route; one that takes the session is given it."""
        is_taken = _takes(self.keyword, route)

        def with_session(*args: Any, **kwargs: Any) -> Any:
            if is_taken:
                kwargs[self.keyword] = self._find()
            answer = callback(*args, **kwargs)
            if isinstance(answer, SessionMixin):
                raise TypeError(
                    "a route may return a dict, but not a session: return dict(session)"
                )
            return answer

        return with_session

    def _find(self) -> Any:
        try:
            return request.environ[self.environ_key]
        except KeyError:
            raise PluginError(
                "there is no session: apply= and merge() do not make one. Install "
                "the plugin in the app that serves this route: app.install(plugin)"
            ) from None

    def _serve(self, app: Bottle, owner: Bottle) -> None:
        """Give ``app`` sessions as long as ``owner`` has the plugin."""
        for each in _services(app):
            if each.plugin is self and each.owner is owner:
                return
            if each.clashes(self):
                raise _conflict(each.plugin, self.keyword)
        # Not by assignment, which Bottle allows once: there may be two plugins.
        vars(app)["wsgi"] = _Service(app.wsgi, self, owner)
        app.add_hook("config", partial(self._follow, owner))
        self._follow(owner, app.config, _MOUNTED, app.config.get(_MOUNTED))

    def _follow(self, owner: Bottle, config: object, key: str, value: Any) -> None:
        """Bottle calls it when the app's configuration changes, as by mounting.

        To mount an app moves its routes, and its own ``wsgi`` is not called any more.
        """
        if key == _MOUNTED and value is not None:
            self._serve(value, owner)


class _Service:
    """What ``app.wsgi`` is replaced by: sessions around it.

    Templates reach it through the environ, so the interface is private here.
    """

    def __init__(
        self, wsgi: WSGIApplication, plugin: SessionPlugin, owner: Bottle
    ) -> None:
        self.app = wsgi
        self.plugin = plugin
        self.owner = owner
        self._interface = plugin._interface
        self._around = SessionMiddleware(
            wsgi, plugin._interface, environ_key=plugin.environ_key
        )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if not self._is_installed() or self._joins(environ):
            return self.app(environ, start_response)
        return self._around(environ, start_response)

    def clashes(self, plugin: SessionPlugin) -> bool:
        """Whether another interface already has this name in ``request``."""
        if self._interface is plugin._interface or not self._is_installed():
            return False
        return self.plugin.environ_key == plugin.environ_key

    def _is_installed(self) -> bool:
        # At each request: close() does not say from which app the plugin was removed.
        return self.plugin in self.owner.plugins

    def _joins(self, environ: WSGIEnvironment) -> bool:
        """Use the session that our interface has opened in an outer app, if any.

        Not one whose response has been sent, whose changes would be lost, and not one
        in another cookie, whose changes the wrong application would see.
        """
        if CHAIN not in environ:
            return False
        session = self._interface.load(environ)
        outside = session_to_join(environ, self._interface, session)
        if outside is None or outside.belongs_to(self._around):
            return False  # called again after an error: open a session anew
        environ[self.plugin.environ_key] = outside.session
        return True


def _services(app: Bottle) -> Iterator[_Service]:
    wsgi = app.wsgi
    while isinstance(wsgi, _Service):
        yield wsgi
        wsgi = wsgi.app


def _takes(keyword: str, route: Route) -> bool:
    """Whether the route's callback takes an argument of this name."""
    try:
        taken = inspect.signature(route.callback).parameters
    except ValueError:  # some built-in functions do not tell
        return False
    return keyword in taken


def _check_keyword(keyword: object) -> str:
    if not isinstance(keyword, str) or not keyword.isidentifier() or iskeyword(keyword):
        raise ConfigurationError("keyword", "must be a valid name for an argument")
    name: str = plain(keyword)
    if hasattr(BaseRequest, name):
        raise ConfigurationError(
            "keyword", f"request.{name} has another meaning in Bottle"
        )
    return name


def _conflict(other: object, keyword: str) -> PluginError:
    return PluginError(
        f"{type(other).__name__} already gives routes the argument {keyword!r}; choose "
        "another name here: SessionPlugin(interface, keyword='visitor')"
    )


_MOUNTED = "_mount.app"  # in an app's configuration: the app that it is mounted into
