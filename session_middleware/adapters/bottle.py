"""Bottle's words: ``request.session``, and an argument of the routes that ask for one.

::

    app = bottle.Bottle()
    app.install(SessionPlugin(interface))

    @app.post("/login")
    def login(session):
        session["user"] = bottle.request.forms.user

The plugin puts a :class:`SessionMiddleware` around ``app.wsgi``, so that the way out
is the middleware's: after error handlers and hooks, whatever was returned or raised.
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


class SessionPlugin:
    """Sessions for a Bottle app: ``app.install(SessionPlugin(interface))``.

    A mounted app with a plugin brings it to the app it is mounted into. Around and
    inside each other, apps with one interface share one session. To a route, ``apply=``
    gives no more than the argument: an app has to have the plugin too. A decorator of
    a route that asks for a session needs ``functools.wraps``.

    :param interface: the rules.
    :param keyword: the argument's name, the attribute's of ``request``, and the one
        that ``skip=`` and ``app.uninstall()`` know the plugin by.
    :raises ConfigurationError: naming the parameter, the rule and the way out.
    """

    api = 2

    def __init__(self, interface: SessionInterface, keyword: str = "session") -> None:
        self._interface = check_rules(interface)  # which no template reaches
        self.keyword = self.name = _check_keyword(keyword)
        self.environ_key = f"bottle.request.ext.{self.keyword}"  # where request looks

    def setup(self, app: Bottle) -> None:
        """Bottle calls it as the plugin is installed.

        :raises bottle.PluginError: another plugin has this keyword.
        """
        for other in app.plugins:
            if getattr(other, "keyword", None) == self.keyword:
                raise _conflict(other, self.keyword)
        self._serve(app, app)

    def apply(self, callback: Callable[..., Any], route: Route) -> Callable[..., Any]:
        """Bottle calls it for each route; one that asks for a session is given it."""
        asks = _asks_for(self.keyword, route)

        def with_session(*args: Any, **kwargs: Any) -> Any:
            if asks:
                kwargs[self.keyword] = self._find()
            answer = callback(*args, **kwargs)
            if isinstance(answer, SessionMixin):
                raise TypeError(
                    "a session is no answer, as a dict would be: return dict(session)"
                )
            return answer

        return with_session

    def _find(self) -> Any:
        try:
            return request.environ[self.environ_key]
        except KeyError:
            raise PluginError(
                "there is no session: apply= and merge() do not bring one. Install "
                "the plugin in the app that serves this route: app.install(plugin)"
            ) from None

    def _serve(self, app: Bottle, owner: Bottle) -> None:
        """Give ``app`` sessions as long as ``owner`` has the plugin."""
        for each in _services(app):
            if each.plugin is self and each.owner is owner:
                return
            if each.clashes(self):
                raise _conflict(each.plugin, self.keyword)
        # Bottle's own way to set it allows that once, and there may be two plugins.
        vars(app)["wsgi"] = _Service(app.wsgi, self, owner)
        app.add_hook("config", partial(self._follow, owner))
        self._follow(owner, app.config, _MOUNTED, app.config.get(_MOUNTED))

    def _follow(self, owner: Bottle, config: object, key: str, value: Any) -> None:
        """Bottle mounts an app by moving its routes: its own ``wsgi`` is not called."""
        if key == _MOUNTED and value is not None:
            self._serve(value, owner)


class _Service:
    """Stands for ``app.wsgi``. The environ leads to it, and from it to no interface."""

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
        # Asked each time: close() does not say which app the plugin has left.
        return self.plugin in self.owner.plugins

    def _joins(self, environ: WSGIEnvironment) -> bool:
        """Take the session that our interface has opened further outside, if any.

        Not one whose response has gone, and not one in another cookie: a change in it
        would be lost, or seen by the wrong application.
        """
        if CHAIN not in environ:
            return False
        session = self._interface.load(environ)
        outside = session_to_join(environ, self._interface, session)
        if outside is None or outside.belongs_to(self._around):
            return False  # called again after an error: it opens afresh
        environ[self.plugin.environ_key] = outside.session
        return True


def _services(app: Bottle) -> Iterator[_Service]:
    wsgi = app.wsgi
    while isinstance(wsgi, _Service):
        yield wsgi
        wsgi = wsgi.app


def _asks_for(keyword: str, route: Route) -> bool:
    """Whether the route's callback takes an argument of this name."""
    try:
        taken = inspect.signature(route.callback).parameters
    except ValueError:  # some of Python's own functions do not tell
        return False
    return keyword in taken


def _check_keyword(keyword: object) -> str:
    if not isinstance(keyword, str) or not keyword.isidentifier() or iskeyword(keyword):
        raise ConfigurationError("keyword", "must be a name, as an argument's is")
    name: str = plain(keyword)
    if hasattr(BaseRequest, name):
        raise ConfigurationError(
            "keyword", f"request.{name} has another meaning in Bottle"
        )
    return name


def _conflict(other: object, keyword: str) -> PluginError:
    return PluginError(
        f"{type(other).__name__} already gives routes the argument {keyword!r}; name "
        "this one otherwise, as SessionPlugin(interface, keyword='visitor')"
    )


_MOUNTED = "_mount.app"  # in the configuration of an app: the one it was mounted into
