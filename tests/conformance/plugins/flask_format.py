"""A pytest plugin: every Flask app's sessions are ours, in Flask's own cookie."""

from flask_replacement import put_in_place
from opened import sessions_opened  # noqa: F401, a fixture

from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface


class InFlasksFormat(FlaskSessionInterface):
    def __init__(self):
        super().__init__(FlaskCookieSessionInterface)


put_in_place(InFlasksFormat)
