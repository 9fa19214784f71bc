"""Put a class in the place of Flask's own session interface."""

import flask
import flask.sessions


def put_in_place(interface_class):
    flask.sessions.SecureCookieSessionInterface = interface_class
    flask.Flask.session_interface = interface_class()
