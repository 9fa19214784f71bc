"""Count the sessions that interfaces of ours open while a suite runs."""

import pytest

from session_middleware import SessionInterface

COUNT = 0


def counting(load):
    def load_and_count(self, environ):
        global COUNT
        COUNT += 1
        return load(self, environ)

    return load_and_count


SessionInterface.load = counting(SessionInterface.load)


@pytest.fixture(scope="session", autouse=True)
def sessions_opened(record_testsuite_property):
    yield
    record_testsuite_property("sessions", COUNT)
