"""A pytest plugin: every Flask app's sessions are ours, in our own cookie."""

from flask_replacement import put_in_place
from opened import sessions_opened  # noqa: F401, a fixture

from session_middleware.adapters.flask import FlaskSessionInterface

put_in_place(FlaskSessionInterface)
