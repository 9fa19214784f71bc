"""A guest book in Bottle whose visitors are remembered.

python examples/bottle_app.py [port]
"""

import os
import secrets
import sys

import bottle
from bottle import redirect, request, template

from session_middleware import SecureCookieSessionInterface, SessionConfig
from session_middleware.adapters.bottle import SessionPlugin

PAGE = """<!doctype html>
<title>Guest book</title>
<p id="who">{{user or "Nobody is logged in"}}</p>
<ul>
% for line in lines:
    <li>{{line}}</li>
% end
</ul>
<form method="post" action="/write"><input name="line"><button>Write</button></form>
% if user:
<form method="post" action="/logout"><button>Log out</button></form>
% else:
<form method="post" action="/login"><input name="name"><button>Log in</button></form>
% end
"""

key = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32)
interface = SecureCookieSessionInterface(SessionConfig(secret_key=key))
app = bottle.Bottle()
app.install(SessionPlugin(interface))


@app.get("/")
def index(session):
    return template(PAGE, user=session.get("user"), lines=session.get("lines", []))


@app.post("/write")
def write(session):
    lines = session.setdefault("lines", [])
    lines.append(request.forms.line[:60])  # a change inside a list is noticed
    del lines[:-10]
    redirect("/", 303)


@app.post("/login")
def login(session):
    session.regenerate()  # always at login: a new identity
    session["user"] = request.forms.name[:80]  # check a password here
    redirect("/", 303)


@app.post("/logout")
def logout():
    request.session.invalidate()  # every route has it, asked for or not
    redirect("/", 303)


if __name__ == "__main__":
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    try:
        app.run(host="127.0.0.1", port=port)
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; choose another one, as PORT=8001")
