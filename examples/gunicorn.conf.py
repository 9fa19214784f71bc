"""Gives any WSGI application sessions, without a change in the application.

    export SECRET_KEY=$(python -m session_middleware keygen)
    gunicorn --config examples/gunicorn.conf.py yourmodule:app

The application finds its session in ``environ["session"]``. Works with and without
``preload_app``, with sync, gthread and gevent workers.

Where a proxy ends TLS, it says so in X-Forwarded-Proto, and ``forwarded_allow_ips``
lets gunicorn believe it; if that does not name the proxy's address, cookies are still
Secure, and the log says ``insecure_transport``.
"""

import os
import sys

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)

# Read before the first worker starts: what is wrong here stops gunicorn.
if not os.environ.get("SECRET_KEY"):
    sys.exit(
        "SECRET_KEY is not set; make a key with: python -m session_middleware keygen"
    )
try:
    sessions = SecureCookieSessionInterface(
        SessionConfig(secret_key=os.environ["SECRET_KEY"])
    )
except ConfigurationError as error:
    sys.exit(f"SECRET_KEY cannot be used: {error}")


def post_worker_init(worker):
    """Wrap the application that this worker has loaded."""
    worker.wsgi = SessionMiddleware(worker.wsgi, sessions)
