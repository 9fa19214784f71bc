"""A cart in Flask, whose changes are noticed inside the list.

python examples/flask_app.py [port]
"""

import os
import secrets
import sys
from wsgiref.simple_server import make_server

import flask
from flask import redirect, request, session

from session_middleware.adapters.flask import FlaskSessionInterface

app = flask.Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32)
app.session_interface = FlaskSessionInterface()


@app.get("/")
def index():
    cart = ", ".join(session.get("cart", [])) or "nothing"
    text = f"{session.get('user', 'nobody')} has {cart}\n"
    return text, {"Content-Type": "text/plain; charset=utf-8"}


@app.post("/login")
def login():
    session.regenerate()  # a new identity, wherever rights change
    session["user"] = request.form["name"][:80]  # check a password here
    return redirect("/", 303)


@app.post("/add/<what>")
def add(what):
    session.setdefault("cart", []).append(what[:20])  # no session.modified needed
    return redirect("/", 303)


@app.post("/logout")
def logout():
    session.invalidate()
    return redirect("/", 303)


if __name__ == "__main__":
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    try:
        server = make_server("127.0.0.1", port, app)
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; choose another one, as PORT=8001")
    with server:
        print(f"Serving on http://localhost:{server.server_port}/", flush=True)
        server.serve_forever()
