"""An account's page: where you are logged in, and a button to end each session.

    python examples/account.py [port]

Sessions are in memory, or in the store that STORE names, as sqlite:///sessions.db.
"""

import contextlib
import os
import secrets
import sys

import bottle
from bottle import redirect, request, template
from werkzeug.serving import make_server

from session_middleware import SessionMiddleware
from session_middleware.csrf import check_csrf_token, get_csrf_token, new_csrf_token

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Your account</title>
<p id="who">{{f"Hello, {user}" if user else "Nobody is logged in"}}</p>
<p>Visits: <b id="visits">{{visits}}</b></p>
% token = f'<input name="csrf_token" type="hidden" value="{csrf_token}">'
% if not user:
<form method="post" action="/login"
      onsubmit="const b = this.querySelector('button'); b.disabled = true;
                setTimeout(() => b.disabled = false, 3000)">{{!token}}
<label>Name <input name="name" required></label> <button>Log in</button>
</form>
% else:
<h1>Where you are logged in</h1>
<ul>
% for info in sessions:
<li>{{info.data["browser"]}}, last used {{f"{info.used:%d %B, %H:%M}"}} UTC
%     if info.public_id == here:
(this one)
%     else:
<form method="post" action="/end">{{!token}}
<input name="id" type="hidden" value="{{info.public_id}}"><button>End</button>
</form>
%     end
% end
</ul>
<form method="post" action="/end-others">{{!token}}
<button>End all others</button>
</form>
<form method="post" action="/logout">{{!token}}<button>Log out</button></form>
% end
</html>
"""

app = SessionMiddleware(
    bottle.Bottle(),
    secret_key=os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32),
    store=os.environ.get("STORE", "memory:"),
    owner_key="user",  # whose session it is
)
interface = app.interface


@app.get("/")
def index():
    session = request.environ["session"]
    session.increment("visits")
    user = session.get("user")
    return template(
        PAGE,
        user=user,
        visits=session["visits"],
        csrf_token=get_csrf_token(session),
        sessions=interface.sessions_of(user) if user else [],
        here=session.public_id,
    )


@app.post("/login")
def login():
    session = checked_session()
    session.regenerate()  # a new identity, which forgets nothing
    new_csrf_token(session)
    session["user"] = request.forms.name[:80] or "nobody"  # check a password here
    session["browser"] = request.get_header("User-Agent", "A browser")[:80]
    redirect("/", 303)


@app.post("/end")
def end():
    session = checked_session()
    interface.revoke(session.get("user", ""), request.forms.id)  # only if it is theirs
    redirect("/", 303)


@app.post("/end-others")
def end_others():
    session = checked_session()
    interface.revoke_all(session.get("user", ""), keep=session)
    redirect("/", 303)


@app.post("/logout")
def logout():
    checked_session().invalidate()
    redirect("/", 303)


def checked_session():
    """The session, if the form that was sent is one of its pages'."""
    session = request.environ["session"]
    if not check_csrf_token(session, request.forms.csrf_token):
        bottle.abort(403, "This form is not from here, or is too old.")
    return session


if __name__ == "__main__":
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    server = make_server("127.0.0.1", port, app, threaded=True)
    print(f"Serving on http://localhost:{server.server_port}/", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
