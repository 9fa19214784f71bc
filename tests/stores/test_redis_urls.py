"""Stores that are opened from a URL: how they get there, and what they say if not."""

import socket

import pytest
import trustme

from session_middleware._store_contract import ADA, KEY, changes, record
from session_middleware.exceptions import StoreError, StoreUnavailable
from session_middleware.stores.base import SAVED
from session_middleware.stores.redis import open_url

from ..servers.servers import free_port
from ..support.stores.redis import node

pytestmark = pytest.mark.servers

SECRET = "s3cret/@"
QUOTED = "s3cret%2F%40"


def works(url):
    store = open_url(url)
    assert store.create(KEY, record(owner=ADA))
    assert store.update(KEY, changes(owner_read=ADA)).outcome == SAVED
    assert [key for key, _ in store.owned_by(ADA)] == [KEY]
    assert store.delete_all() == 1
    store._client.close()
    return True


VERBS = {
    "read": lambda store: store.read(KEY),
    "create": lambda store: store.create(KEY, record()),
    "create an owned one": lambda store: store.create(KEY, record(owner=ADA)),
    "update": lambda store: store.update(KEY, changes()),
    "update an owned one": lambda store: store.update(KEY, changes(owner_read=ADA)),
    "retire": lambda store: store.retire(KEY, 1, ""),
    "delete": lambda store: store.delete(KEY),
    "owned_by": lambda store: store.owned_by(ADA),
    "delete_all": lambda store: store.delete_all(),
}


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A Redis with a password, on a port and on a unix socket."""
    home = tmp_path_factory.mktemp("locked")
    path = home / "redis.sock"
    with node(home, "--requirepass", SECRET, "--unixsocket", str(path)) as server:
        yield server, path


def test_a_password_is_part_of_the_url(locked):
    (host, port), path = locked[0].address, locked[1]

    assert works(f"redis://:{QUOTED}@{host}:{port}/3")
    assert works(f"valkey://default:{QUOTED}@{host}:{port}")
    assert works(f"unix://:{QUOTED}@{path}?db=2")


@pytest.mark.parametrize("password", ["", ":wrong@"], ids=["none", "a wrong one"])
def test_without_the_password_it_is_an_error_that_waiting_does_not_mend(
    locked, password
):
    host, port = locked[0].address
    store = open_url(f"redis://{password}{host}:{port}")

    with pytest.raises(StoreError, match="AuthenticationError") as found:
        store.read(KEY)

    assert not isinstance(found.value, StoreUnavailable)


def test_tls_trusts_an_authority_and_no_other(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    port, pem = free_port(), str(tmp_path / "server.pem")
    files = ("--tls-cert-file", pem, "--tls-key-file", pem, "--tls-auth-clients", "no")
    with node(tmp_path, "--tls-port", str(port), "--tls-ca-cert-file", pem, *files):
        assert works(f"rediss://localhost:{port}?ssl_ca_certs={tmp_path}/ca.pem")
        with pytest.raises(StoreUnavailable):
            open_url(f"rediss://localhost:{port}").read(KEY)


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_without_a_server_every_verb_says_so_and_not_where(verb):
    port = free_port()
    store = open_url(f"redis://user:{QUOTED}@127.0.0.1:{port}/0")

    with pytest.raises(StoreUnavailable) as found:
        verb(store)

    assert found.value.__cause__ is not None
    assert str(found.value) == (
        "Redis cannot be reached, or does not answer in time (ConnectionError)"
    )


@pytest.mark.parametrize("name", ["read", "update an owned one", "delete_all"])
def test_a_server_that_accepts_and_says_nothing_is_given_up(name):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = open_url(f"redis://127.0.0.1:{silent.getsockname()[1]}")

        with pytest.raises(StoreUnavailable, match="TimeoutError"):
            VERBS[name](store)


def test_a_server_that_was_started_again_is_used_at_once(tmp_path):
    """The connections that are kept are closed ones, and nothing is tried twice."""
    with node(tmp_path) as server:
        port = server.address[1]
        store = open_url(f"redis://127.0.0.1:{port}")
        store.read(KEY)
    with node(tmp_path, port=port):
        assert store.read(KEY) is None
        assert store.create(KEY, record(owner=ADA))
        store._client.close()
