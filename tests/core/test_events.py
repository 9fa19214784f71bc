"""One log line for each event, at its level, and not too many of them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

import pytest

from session_middleware import SecureCookieSessionInterface, SessionConfig
from session_middleware.events import LOGGER, EventLog

from ..support import KEY, START, Clock, make_interface


@pytest.fixture
def lines(caplog):
    """Every line so far, as ``LEVEL message``."""
    caplog.set_level(logging.DEBUG, logger="session_middleware")
    return lambda: [
        f"{each.levelname} {each.getMessage()}"
        for each in caplog.records
        if each.name == "session_middleware"
    ]


@pytest.fixture
def often_interrupted():
    """Threads that give way to each other within nearly every line."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


class Log(EventLog):
    """On a clock that is moved by hand."""

    def __init__(self):
        self.now = 0.0
        super().__init__(lambda: self.now)


def write(log: EventLog, name: str, count: int, now: float = 0) -> None:
    log.now = now
    for _ in range(count):
        log.write(name, {})


def test_an_event_is_one_line_with_its_facts(lines):
    EventLog().write("expired", {"cookie": "s", "limit": "idle", "key": 1})

    assert lines() == ["INFO expired: cookie='s' limit='idle' key=1"]


def test_a_fact_cannot_begin_a_line_of_its_own(lines):
    EventLog().write("malformed", {"reason": "a\r\nERROR root: \x1b[31m"})

    assert lines() == ["INFO malformed: reason='a\\r\\nERROR root: \\x1b[31m'"]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("bad_signature", "INFO"),
        ("malformed", "INFO"),
        ("expired", "INFO"),
        ("refused", "INFO"),
        ("old_key", "INFO"),
        ("migrated", "INFO"),
        ("ambiguous", "WARNING"),
        ("not_saved", "WARNING"),
        ("late_change", "WARNING"),
        ("late_read", "WARNING"),
        ("large", "WARNING"),
        ("replaced_cookie", "WARNING"),
        ("made_private", "WARNING"),
        ("insecure_transport", "WARNING"),
        ("an_event_of_somebodys_own", "WARNING"),
        ("too_large", "ERROR"),
    ],
)
def test_every_event_has_its_level(lines, name, level):
    EventLog().write(name, {"a": 1})

    assert lines() == [f"{level} {name}: a=1"]


def test_a_level_that_is_given_counts_and_is_not_said(lines):
    EventLog().write("bad_signature", {"level": logging.ERROR, "a": 1})

    assert lines() == ["ERROR bad_signature: a=1"]


def test_ten_lines_a_minute_are_written_and_no_more(lines):
    log = Log()

    write(log, "expired", 5)
    write(log, "expired", 500, 59.9)

    assert lines() == ["INFO expired: "] * 10


def test_the_next_minute_says_how_many_were_left_out(lines):
    log = Log()
    write(log, "expired", 25)

    write(log, "expired", 2, 60)

    assert lines()[10:] == ["INFO expired: 15 more suppressed", *["INFO expired: "] * 2]


@pytest.mark.parametrize("count", [1, 9, 10])
def test_nothing_is_said_of_suppression_if_there_was_none(lines, count):
    log = Log()
    write(log, "expired", count)

    write(log, "expired", 1, 60)

    assert lines() == ["INFO expired: "] * (count + 1)


def test_every_minute_has_ten_lines_of_its_own(lines):
    log = Log()

    for minute in range(3):
        write(log, "expired", 12, 60 * minute)

    assert lines().count("INFO expired: ") == 30
    assert lines().count("INFO expired: 2 more suppressed") == 2


def test_a_flood_of_one_event_does_not_hide_another(lines):
    log = Log()
    write(log, "malformed", 1000)

    write(log, "too_large", 1)

    assert lines()[10:] == ["ERROR too_large: "]


def test_many_interfaces_share_the_ten_lines(lines):
    """An app made one for each Host that was asked for, and each had ten lines."""
    for host in range(100):
        interface = make_interface(cookie_name=f"host{host}")
        interface.event("expired")
        interface.event("malformed")

    assert lines().count("INFO expired: ") == 10
    assert lines().count("INFO malformed: ") == 10


def test_a_fact_is_cut_and_its_control_characters_are_written_out(lines):
    class Odd:
        def __repr__(self):
            return "odd\n\x1b[31m\u202e" * 10

    facts = {"keys": ["k" * 100, "l" * 5000], "key": "\x00" * 500, "odd": Odd()}
    EventLog().write("not_saved", facts)

    [line] = lines()
    assert line.isprintable()
    assert len(line) < 600
    assert line.startswith("WARNING not_saved: keys=['kkkkk")
    assert "l" * 80 not in line


def test_advice_is_said_in_full(lines):
    EventLog().write("not_saved", {"advice": "do this " * 30})

    assert lines()[0].endswith("do this '")


def test_names_that_somebody_makes_up_are_not_all_counted():
    log = Log()

    for n in range(5000):
        log.write(f"event_{n}", {})

    assert len(log._counts) <= 1001


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")
def test_the_child_of_a_fork_logs_although_the_lock_was_held():
    """Another thread was writing a line as a worker was forked, which then hung."""
    script = """
import os, signal
from session_middleware.events import LOG
LOG._lock.acquire()
child = os.fork()
if not child:
    signal.alarm(20)
    LOG.write("expired", {})
    os._exit(7)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    )

    assert done.stdout == "7\n"


def test_interfaces_that_disagree_about_the_time_share_the_ten_lines(lines):
    """Each jump of the clock, forwards or back, began a new minute."""
    clocks = Clock(), Clock(START + 120)
    interfaces = [make_interface(clock=clock) for clock in clocks]

    for interface in interfaces * 100:
        interface.event("expired")

    assert len(lines()) == 10


@pytest.mark.usefixtures("often_interrupted")
def test_threads_share_the_ten_lines(lines):
    log = Log()
    together = threading.Barrier(8, timeout=10)

    def flood():
        together.wait()
        write(log, "expired", 2000)

    threads = [threading.Thread(target=flood) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    write(log, "expired", 1, 60)

    assert lines().count("INFO expired: ") == 11
    assert lines()[10] == "INFO expired: 15990 more suppressed"


def test_threads_that_begin_a_minute_together_begin_one(lines):
    """No lock is held by who looks whether a minute has begun."""

    class OvertakenLock:
        def __enter__(self):
            log._lock = threading.Lock()
            write(log, "expired", 10)

        def __exit__(self, *error):
            pass

    log = Log()
    log._lock = OvertakenLock()

    write(log, "expired", 1)

    assert lines() == ["INFO expired: "] * 10


def test_an_interface_that_counts_instead_writes_no_line(lines):
    class Counting(SecureCookieSessionInterface):
        def event(self, name, **facts):
            counted.append((name, facts))

    counted = []

    Counting(SessionConfig(secret_key=KEY)).event("refused", cookie="s")

    assert counted == [("refused", {"cookie": "s"})]
    assert lines() == []


def test_the_logger_is_left_for_the_application_to_set_up():
    assert LOGGER.name == "session_middleware"
    assert LOGGER.handlers == []
    assert LOGGER.level == logging.NOTSET
    assert LOGGER.propagate
