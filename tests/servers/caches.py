"""Start Apache and Varnish as shared caches; nginx is in ``servers.py``.

Each comes as Debian has it, and greedy: with what people add until "it caches", so that
it keeps whatever Cache-Control does not forbid.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .servers import Running, Server, free_port, need, start

APACHE = """\
DefaultRuntimeDir {home}
PidFile {home}/pid
ErrorLog /dev/stderr
LogLevel notice
ServerName app.example
User {user}
Group {group}
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
{more}
"""
APACHE_MODULES = "/usr/lib/apache2/modules"
APACHE_CACHE = """\
ProxyPass / {upstream}/
CacheRoot {{home}}/cache
CacheEnable disk /
{more}
"""
GREEDY_APACHE = """\
CacheDefaultExpire 300
CacheIgnoreNoLastMod On
CacheStoreExpired On
CacheQuickHandler Off
"""
GREEDY_NGINX = "proxy_ignore_headers Set-Cookie; proxy_cache_valid any 5m;"


def apache(upstream: str, more: str = "") -> Running:
    """Apache with mod_cache, whose files lie where its own user may write."""
    text = APACHE_CACHE.format(upstream=upstream, more=more)
    return apache_with(text, ["proxy", "proxy_http", "cache", "cache_disk"])


@contextlib.contextmanager
def apache_with(
    text: str, enabled: Sequence[str], port: int | None = None, **environ: str
) -> Iterator[Server]:
    """Apache with a configuration, in which ``{home}`` is a directory of its own.

    :param enabled: names of modules.
    :param environ: variables.
    """
    program, port = need("apache2"), port or free_port()
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o755)
        cache = Path(home, "cache")
        cache.mkdir()
        user = pwd.getpwuid(os.geteuid()).pw_name
        if user == "root":  # as whom Apache does not serve
            user = "nobody"
            shutil.chown(cache, user)
        loaded = [
            f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n"
            for name in enabled
        ]
        config = Path(home, "apache.conf")
        config.write_text(
            APACHE.format(
                home=home,
                user=user,
                group=grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name,
                port=port,
                modules=APACHE_MODULES,
                more="".join([*loaded, text.replace("{home}", home)]),
            )
        )
        command = [program, "-d", home, "-f", str(config), "-DFOREGROUND"]
        ready = "resuming normal operations"
        with start(command, ready, port=port, environ=environ) as running:
            yield running


VARNISH = """\
vcl 4.1;
backend app {{ .host = "{host}"; .port = "{port}"; }}
{more}
"""
# It keeps pages with cookies too, and obeys CDN-Cache-Control first (RFC 9213).
GREEDY_VARNISH = """\
sub vcl_recv {
    return (hash);
}
sub vcl_backend_response {
    if (beresp.http.CDN-Cache-Control) {
        set beresp.http.Cache-Control = beresp.http.CDN-Cache-Control;
    }
}
sub vcl_beresp_cookie {
    return;
}
"""


@contextlib.contextmanager
def varnish(upstream: Server, more: str = "") -> Iterator[Server]:
    """Varnish with its built-in rules, after those of ``more``."""
    program, port = need("varnishd"), free_port()
    host, behind = upstream.address
    with tempfile.TemporaryDirectory() as home:
        config = Path(home, "app.vcl")
        config.write_text(VARNISH.format(host=host, port=behind, more=more))
        command = [program, "-F", "-j", "none", "-n", home, "-f", str(config)]
        command += ["-a", f"127.0.0.1:{port}", "-s", "malloc,32m"]
        with start(command, "Child launched OK", port=port) as running:
            yield running
