"""Apache in front of gunicorn, with the file that the documentation says to write."""

from __future__ import annotations

import re

import pytest

from ..support import ROOT, block_of
from . import caches, servers
from .certificates import certificate
from .servers import Visitor
from .test_nginx import begin, log_in

pytestmark = pytest.mark.servers

PAGE = ROOT / "docs/deploy/proxy.rst"
ENABLED = re.compile(r"a2enmod ((?:\w+ ?)+)")


def file_of_the_page(pem, backend, port):
    """What it says, with what differs on this machine."""
    text = block_of(PAGE, "apache").replace("http://127.0.0.1:8000", backend.url)
    text = re.sub(r"/etc/ssl/shop\.example\.(pem|key)", str(pem), text)
    return text.replace("shop.example", "app.example").replace("*:443", f"*:{port}")


def test_its_file_serves_https_and_the_largest_cookie(tmp_path):
    pem, tls = certificate("app.example", tmp_path)
    [enabled] = ENABLED.findall(PAGE.read_text("utf-8"))
    port = servers.free_port()
    with servers.gunicorn() as running:
        text = file_of_the_page(pem, running, port)
        with caches.apache_with(text, enabled.split(), port) as proxy:
            user, other = (
                Visitor("https://app.example", tls, proxy.address) for _ in range(2)
            )
            cookie = log_in(user)
            status = begin(other, 4090)
        log = running.log()

    assert (cookie.name, cookie.secure) == ("__Host-session", True)
    assert status == "200"
    assert "insecure_transport" not in log
