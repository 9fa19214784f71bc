"""A little of the fuzzing, always the same: ``python -m tests.fuzz`` does more."""

from __future__ import annotations

import pytest

from .rounds import Found, Fuzzer
from .targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks_a_reader_or_a_request(target):
    fuzzer = Fuzzer(TARGETS[target], seed=1)

    for _ in range(150):
        fuzzer.round()


class Careless:
    """A reader that lets an error of its own out."""

    golden = "e30.a0nSAA.x"
    sign = staticmethod(lambda payload: "signed")

    def __init__(self, error):
        self._target = TARGETS["signed"].reader()
        self.cookie = self._target.cookie
        self._error = error

    def reader(self):
        return self

    def read(self, value):
        raise self._error


def test_an_error_that_is_no_refusal_is_found():
    with pytest.raises(Found, match="reading"):
        Fuzzer(Careless(KeyError()), seed=1).round()
