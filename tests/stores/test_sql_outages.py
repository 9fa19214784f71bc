"""SqlStore where transactions meet, locks are held, and a server goes and returns."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import traceback

import pytest
from sqlalchemy import create_engine, event, text

from session_middleware.exceptions import StoreError, StoreUnavailable
from session_middleware.stores.base import SAVED, Changes, Record
from session_middleware.stores.sql import SqlStore, open_url

from ..servers.servers import free_port, wait_for
from ..support.stores.mariadb import mariadb_url as mariadb_url
from ..support.stores.postgresql import postgresql
from ..support.stores.postgresql import postgresql_url as postgresql_url

pytestmark = pytest.mark.servers

NOW = 1_800_000_000
KEY, OTHER = "1" * 64, "2" * 64
BEGUN = Record({"a": "1"}, NOW, NOW, NOW + 3600)


def change(**what):
    return Changes("one", NOW, NOW + 60, NOW + 3660, **what)


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def engine(url):
    """Somebody else's, at the same database, with no session in it."""
    engine = create_engine(url)
    SqlStore(engine).create_tables()
    empty(engine)
    yield engine
    engine.dispose()


def empty(engine):
    with engine.begin() as connection:
        for table in reversed(SqlStore.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def store(url, engine):
    with opened(url) as store:
        yield store


@contextlib.contextmanager
def opened(url):
    store = open_url(url)
    yield store
    store._transactions.engine.dispose()


def locked(connection, key):
    """A session's row, locked until this transaction ends."""
    table = SqlStore.metadata.tables["session"]
    look = table.select().where(table.c.key == key).with_for_update()
    assert connection.execute(look).first()


def errors_of(store):
    """What the database says to the store from now on."""
    said = []
    event.listen(
        store._transactions.engine,
        "handle_error",
        lambda context: said.append(str(context.original_exception)),
    )
    return said


# -- transactions that meet -----------------------------------------------


def test_a_deadlock_is_tried_again(engine, store):
    """Two follow one mark from its two ends; the database undoes one of them."""
    store.create(KEY, BEGUN)
    store.create(OTHER, BEGUN)
    store.retire(KEY, NOW + 10, OTHER)
    said, done = errors_of(store), []

    with engine.connect() as connection:
        # Whoever has written less is undone by MariaDB, and so this has written much.
        connection.execute(
            SqlStore.metadata.tables["session"].insert(),
            [row(f"{number:064x}") for number in range(100)],
        )
        locked(connection, OTHER)
        logout = threading.Thread(target=lambda: done.append(store.delete(KEY)))
        logout.start()
        wait_for(lambda: is_waiting(engine), "the store's waiting")
        locked(connection, KEY)
        connection.rollback()
        logout.join()

    assert done == [True]
    assert "deadlock" in said[0].lower()
    assert [store.read(key) for key in (KEY, OTHER)] == [None, None]


def row(key):
    fields = {"key": key, "created": NOW, "used": NOW, "expires": NOW}
    return {**fields, "permanent": False, "owner": "", "mark_until": 0, "applied": ""}


def is_waiting(engine):
    """Whether a transaction waits for another's lock."""
    look = {
        "postgresql": "SELECT count(*) FROM pg_locks WHERE NOT granted",
        "mysql": "SELECT count(*) FROM information_schema.innodb_trx "
        "WHERE trx_state = 'LOCK WAIT'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return connection.scalar(text(look))


@pytest.fixture
def conflicts(postgresql_url):
    """PostgreSQL finds that a transaction cannot be put in an order, so many times."""
    engine = create_engine(postgresql_url)
    SqlStore(engine).create_tables()
    empty(engine)

    @contextlib.contextmanager
    def conflicts(times):
        with engine.begin() as connection:
            connection.execute(text(CONFLICT.format(times=times)))
        yield lambda: _asked(engine)
        with engine.begin() as connection:
            connection.execute(text("DROP FUNCTION conflict CASCADE"))
            connection.execute(text("DROP SEQUENCE tried"))

    yield conflicts
    engine.dispose()


# A sequence goes on counting where a transaction is undone.
CONFLICT = """
CREATE SEQUENCE tried;
CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('tried') <= {times} THEN
        RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER conflict BEFORE UPDATE ON session FOR EACH ROW
    EXECUTE FUNCTION conflict();
"""


def _asked(engine):
    with engine.connect() as connection:
        return connection.scalar(text("SELECT last_value FROM tried"))


def test_what_cannot_be_serialized_is_tried_five_times_again(conflicts, postgresql_url):
    with opened(postgresql_url) as store:
        store.create(KEY, BEGUN)

        with conflicts(5) as tried:
            assert store.update(KEY, change(set={"a": ("1", "2")})) == (SAVED, ())
            assert tried() == 6
        assert store.read(KEY).values == {"a": "2"}


def test_and_then_it_is_given_up(conflicts, postgresql_url):
    with opened(postgresql_url) as store:
        store.create(KEY, BEGUN)

        with conflicts(99) as tried:
            with pytest.raises(StoreError):
                store.update(KEY, change(set={"a": ("1", "2")}))
            assert tried() == 6
        assert store.read(KEY) == BEGUN


def test_many_workers_create_the_tables_at_once(url, engine):
    for _ in range(5):
        SqlStore.metadata.drop_all(engine)
        barrier, found = threading.Barrier(6), []

        def work(barrier=barrier, found=found):
            with opened(url) as store:
                barrier.wait()
                try:
                    found.append(store.read(KEY))
                except StoreError as error:
                    found.append(error)

        workers = [threading.Thread(target=work) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert found == [None] * 6


# -- a server that does not answer ----------------------------------------


def test_a_lock_that_is_held_is_not_waited_for_for_long(engine, store):
    """A visitor waits, and the lock may be held for ever."""
    store.create(KEY, BEGUN)
    with engine.connect() as connection:
        locked(connection, KEY)
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            store.update(KEY, change(set={"a": ("1", "2")}))
        assert time.monotonic() - begun < 3

        assert store.read(KEY) == BEGUN  # nobody waits for a lock to read

    assert store.update(KEY, change(set={"a": ("1", "2")})) == (SAVED, ())


def test_sessions_that_somebody_has_are_not_waited_for_by_cleaning(engine, store):
    for key in (KEY, OTHER):
        store.create(key, BEGUN)
    with engine.connect() as connection:
        locked(connection, KEY)

        assert store.delete_expired(NOW + 9999) == 1
    assert store.read(KEY) == BEGUN
    assert store.delete_expired(NOW + 9999) == 1


def test_a_server_that_is_not_there_is_unavailable(url):
    nobody = url.replace(f":{url.rpartition(':')[2]}", f":{free_port()}/none")

    with opened(nobody) as store, pytest.raises(StoreUnavailable):
        store.read(KEY)


def test_a_password_that_is_refused_is_not_shown(url):
    wrong = url.replace("not-a-secret", "typo-of-a-secret")

    with opened(wrong) as store, pytest.raises(StoreUnavailable) as caught:
        store.read(KEY)

    shown = "".join(traceback.format_exception(caught.value))
    assert "ada" in shown  # the driver says who was refused
    assert "typo" not in shown


def test_an_engine_that_commits_by_itself_writes_all_or_nothing(url, engine):
    eager = create_engine(url, isolation_level="AUTOCOMMIT")
    store = SqlStore(eager)
    store.create(KEY, BEGUN)

    def fail(connection, cursor, statement, parameters, context, executemany):
        if "session_value" in statement and statement.startswith("INSERT"):
            raise OSError("the process ends here")

    event.listen(eager, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="ends here"):
        store.update(KEY, change(permanent=True, set={"b": (None, "2")}))

    assert store.read(KEY) == BEGUN
    eager.dispose()


# -- a server that goes and comes back ------------------------------------


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGQUIT], ids=["stop", "crash"])
@pytest.mark.parametrize("kind", ["url", "engine"])
def test_what_was_confirmed_outlives_a_restart(kind, end):
    """Four write as fast as they can, while PostgreSQL ends and is started again."""
    with postgresql() as server:
        own = create_engine(server.url)  # whose pool keeps what is of no use any more
        store = open_url(server.url) if kind == "url" else SqlStore(own)
        load = Load(store)
        with server.running(end):
            store.create_tables()
            store.create(KEY, Record({}, NOW, NOW, NOW + 3600))
            load.start()
            wait_for(lambda: load.confirmed > 200, "writes before the restart")
        wait_for(lambda: load.unavailable, "a write that is refused")
        with server.running():
            again = load.confirmed + 200
            wait_for(lambda: load.confirmed > again, "writes after the restart")
            load.stop()
            values = store.read(KEY).values
        store._transactions.engine.dispose()

    kept = {name: int(text) for name, text in values.items() if name != "n"}
    print(
        f"{load.tried} writes tried, {load.confirmed} confirmed, {load.unavailable} "
        f"refused and repeated, {load.confirmed - sum(kept.values())} lost, "
        f"{int(values['n']) - load.confirmed} added twice"
    )
    assert load.others == []
    assert kept == load.written
    assert int(values["n"]) == load.confirmed


class Load:
    """Four threads: each counts a name of its own up, and all of them one.

    What is refused is repeated, as whoever lost a reply may do.
    """

    def __init__(self, store):
        self._store, self._ended = store, threading.Event()
        self.tried = self.unavailable = 0
        self.written = dict.fromkeys("abcd", 0)
        self.others = []
        self._threads = [
            threading.Thread(target=self._write, args=[name]) for name in self.written
        ]

    @property
    def confirmed(self):
        return sum(self.written.values())

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _write(self, name):
        while not self._ended.is_set() and not self.others:
            text = str(self.written[name] + 1)
            one = Changes(
                f"{name}{text}",
                NOW,
                NOW,
                NOW + 3600,
                set={name: (None, text)},
                increments={"n": (1, "1")},
            )
            while not self._confirm(one):
                time.sleep(0.01)
            self.written[name] += 1

    def _confirm(self, one):
        self.tried += 1
        try:
            done = self._store.update(KEY, one)
        except StoreUnavailable:
            self.unavailable += 1
            return False
        except Exception as error:
            self.others.append(error)
            return True
        if done.outcome != SAVED:
            self.others.append(done)
        return True
