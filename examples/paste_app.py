"""A visit counter that paste.ini wraps in sessions; it knows nothing of them."""


def app(environ, start_response):
    session = environ["session"]
    if environ["PATH_INFO"] == "/forget":
        session.invalidate()
    else:
        session["visits"] = session.get("visits", 0) + 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{session.get('visits', 0)}\n".encode()]


def app_factory(global_conf, **settings):
    return app
