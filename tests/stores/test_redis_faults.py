"""What a store in Redis loses where Redis is killed, stopped or replaced under load.

``pytest -s`` prints what was tried and what was lost.
"""

import signal
import subprocess
import time

import pytest
import redis

from session_middleware._store_contract import ADA
from session_middleware.stores.redis import RedisStore, open_url

from ..servers.servers import need, wait_for
from ..support.stores.redis import MASTER, client_of, cluster, node, sentinel
from ..support.stores.writers import Writers

pytestmark = pytest.mark.servers

NOTHING = {"steps": 0, "sessions": 0, "hints": 0, "logouts": 0}
PATIENCE = {"socket_timeout": 2, "socket_connect_timeout": 1}
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


def kill(server):
    server.process.kill()
    server.process.wait()


def test_what_was_confirmed_is_still_so_after_a_kill(tmp_path):
    """With appendfsync always; and nothing that was tried again is done twice."""
    with node(tmp_path, *DURABLE) as server:
        port = server.address[1]
        with Writers(open_url(f"redis://127.0.0.1:{port}")) as writers:
            kill(server)
            with node(tmp_path, *DURABLE, port=port) as server:
                writers.go_on()
                kill(server)
                with node(tmp_path, *DURABLE, port=port):
                    writers.go_on()
                    writers.stop()
                    print(writers.report("killed twice"))
                    assert writers.lost() == NOTHING


def test_a_redis_that_hangs_is_given_up_and_found_again(tmp_path):
    with node(tmp_path) as server:
        url = f"redis://127.0.0.1:{server.address[1]}"
        with Writers(open_url(url)) as writers:
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(10)
            server.process.send_signal(signal.SIGCONT)
            writers.go_on()
        print(writers.report("stopped for 10 s"))
        assert writers.lost() == NOTHING
    assert all(each.errors for each in writers.all)
    assert max(each.slowest for each in writers.all) < 3


def test_a_replica_that_takes_over_has_what_had_reached_it():
    """In a Cluster. Of what is confirmed just before, it may have nothing."""
    with cluster(replicas=1) as nodes:
        host, port = nodes[0].address
        with redis.RedisCluster(host, port, **PATIENCE) as client:
            store = RedisStore(client)
            index = f"session:{ADA}:sessions"
            master = client.get_node_from_key(index).port
            [dying] = [each for each in nodes if each.address[1] == master]
            fail_over(store, dying)
            assert client.get_node_from_key(index).port != master


def test_slots_that_move_to_another_node_take_their_sessions_along():
    with cluster() as [first, second, _]:
        host, port = first.address
        with redis.RedisCluster(host, port, **PATIENCE) as client:
            with Writers(RedisStore(client)) as writers:
                move_slots(first, second, 500)
                move_slots(second, first, 500)
                writers.go_on()
            print(writers.report("slots moved"))
            assert writers.lost() == NOTHING


def move_slots(giver, taker, number):
    ids = []
    for each in (giver, taker):
        with client_of(each) as client:
            ids.append(client.execute_command("CLUSTER MYID").decode())
    host, port = giver.address
    subprocess.run(
        [
            *(need("redis-cli"), "--cluster", "reshard", f"{host}:{port}"),
            *("--cluster-from", ids[0], "--cluster-to", ids[1]),
            *("--cluster-slots", str(number), "--cluster-yes"),
        ],
        check=True,
        capture_output=True,
        timeout=100,
    )


def test_a_master_that_sentinel_chooses_has_what_had_reached_it():
    with (
        sentinel() as (watcher, [master, _]),
        watcher.master_for(MASTER, **PATIENCE) as client,
    ):
        fail_over(RedisStore(client), master)
        assert client.info("server")["tcp_port"] != master.address[1]


def fail_over(store, master):
    """Kill a master between two writes, and let its replica take its place."""
    with Writers(store) as before:
        pass
    wait_for(lambda: is_replicated(master), "replication")
    with Writers(store) as during:
        kill(master)
        during.go_on()
    print(before.report("replicated"), during.report("at the time"), sep="\n")
    assert before.lost() == NOTHING
    assert during.lost()["steps"] >= 0, "something was done twice"


def is_replicated(master):
    with client_of(master) as client:
        facts = client.info("replication")
    reached = facts.get("slave0", {}).get("offset", -1)
    return reached >= facts["master_repl_offset"]
