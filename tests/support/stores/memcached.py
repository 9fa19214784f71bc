"""A memcached of its own for a test."""

from __future__ import annotations

import os
import pwd

from ...servers.servers import Running, free_port, need, start


def memcached(port: int | None = None) -> Running:
    """An empty memcached on a loopback port, or on this one."""
    port = port or free_port()
    user = pwd.getpwuid(os.geteuid()).pw_name
    place = ["-l", "127.0.0.1", "-p", str(port), "-U", "0"]
    return start([need("memcached"), "-u", user, *place], "", port=port)
