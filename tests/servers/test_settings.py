"""The settings of ``docs/deploy/servers.rst``, and the sizes that it names."""

from __future__ import annotations

import http.client
import importlib.util
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from ..support import KEY, ROOT, block_of
from . import caches, servers
from .certificates import certificate
from .servers import Visitor
from .test_nginx import begin, log_in

pytestmark = pytest.mark.servers

PAGE = ROOT / "docs/deploy/servers.rst"
LARGEST = 4090
# Of the headers as they come, and of what becomes of them.
TOO_LONG = re.escape("invalid HTTP request size (max 4096)")
TOO_MANY = "to uwsgi packet, consider increasing buffer size"
# What Chromium 142 sends with a page, beside Cookie and Host.
OF_A_BROWSER = {
    "Connection": "keep-alive",
    "sec-ch-ua": '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"',
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
    "image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
    "Referer": "https://app.example/",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
}


def seen(server, size):
    """Whether a page sees a cookie of so many bytes that a browser sends."""
    visitor = Visitor(server.url)
    visitor.ask(f"/fill?{size}")
    line = visitor.jar.header(server.url + "/")
    connection = http.client.HTTPConnection(*server.address, timeout=servers.DEADLINE)
    try:
        connection.request("GET", "/filled", headers={**OF_A_BROWSER, "Cookie": line})
        return connection.getresponse().read().startswith(b"yes ")
    except ConnectionError:
        return False
    finally:
        connection.close()


def uwsgi_of_the_page(home, *, socket="http-socket"):
    """uWSGI with the page's file, and the tests' application."""
    port = servers.free_port()
    text = block_of(PAGE, "ini").replace("8000", str(port))
    text = text.replace("shop:app", servers.APP).replace("http-socket", socket)
    (home / "uwsgi.ini").write_text(text)
    return servers.uwsgi_by(home / "uwsgi.ini", port)


def test_uwsgi_s_default_is_too_small_for_a_large_cookie():
    with servers.uwsgi() as running:
        sizes = [seen(running, size) for size in (3000, 3300)]
        log = running.log()

    assert sizes == [True, False]
    assert re.search(f"{TOO_LONG}|{TOO_MANY}", log)


def test_the_page_s_uwsgi_takes_the_largest_cookie(tmp_path):
    with uwsgi_of_the_page(tmp_path) as running:
        assert seen(running, LARGEST)


@pytest.mark.parametrize("kind", ["gunicorn", "waitress"])
def test_gunicorn_and_waitress_take_the_largest_cookie(kind):
    with getattr(servers, kind)() as running:
        assert seen(running, LARGEST)


def test_gunicorn_s_file_without_a_key_ends_with_one_line(monkeypatch):
    """Each worker printed a traceback, of 64 lines in all."""
    monkeypatch.delenv("SECRET_KEY", raising=False)

    with pytest.raises(SystemExit, match=r"^SECRET_KEY is not set"):
        exec(block_of(PAGE, "python", "gunicorn.conf.py"), {})


class TestUwsgiPass:
    """nginx speaks uWSGI's own protocol, by the page's location."""

    @pytest.fixture
    def visitor(self, tmp_path):
        pem, tls = certificate("app.example", tmp_path)
        text = block_of(PAGE, "nginx").replace(
            "uwsgi_params", "/etc/nginx/uwsgi_params"
        )

        def through(running):
            location = text.replace("127.0.0.1:8000", running.url[len("http://") :])
            return servers.nginx(location, pem, tmp_path), tls

        return through

    @pytest.mark.nginx
    def test_the_largest_cookie_passes_and_is_secure(self, visitor, tmp_path):
        with uwsgi_of_the_page(tmp_path, socket="socket") as running:
            nginx, tls = visitor(running)
            with nginx as proxy:
                user, other = (
                    Visitor("https://app.example", tls, proxy.address) for _ in range(2)
                )
                cookie = log_in(user)
                status = begin(other, LARGEST)
            log = running.log()

        assert (cookie.name, cookie.secure) == ("__Host-session", True)
        assert status == "200"
        assert "insecure_transport" not in log


PACKAGES = ("session_middleware", "itsdangerous", "markupsafe", "werkzeug", "webob")
MOD_WSGI = Path(os.environ.get("MOD_WSGI", f"{caches.APACHE_MODULES}/mod_wsgi.so"))


@pytest.mark.skipif(not MOD_WSGI.exists(), reason="mod_wsgi is not installed")
def test_the_page_s_mod_wsgi_serves():
    """On the Python that it is built for, with the packages of the tests."""
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o755)  # Apache is another user, who may not look elsewhere
        for package in PACKAGES:
            spec = importlib.util.find_spec(package)
            assert spec is not None
            assert spec.origin is not None
            shutil.copytree(Path(spec.origin).parent, Path(home, package))
        for name in ("shop.py", "shop.wsgi"):
            Path(home, name).write_text(block_of(PAGE, "python", name))
        text = re.sub(r" \\\n +python-home=\S+", "", block_of(PAGE, "apache"))
        text = text.replace("/srv/shop", home)
        load = f"LoadModule wsgi_module {MOD_WSGI}\nWSGISocketPrefix {{home}}/wsgi\n"
        with caches.apache_with(load + text, ["authz_host"], SECRET_KEY=KEY) as running:
            user = Visitor(running.url)
            pages = [user.text() for _ in range(4)]

    assert pages == [f"visit {number}\n" for number in (1, 2, 3, 4)]
