"""A store goes on after a fork, on both sides, whatever its threads were doing."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from functools import partial

from ..stores.base import SAVED
from .given import KEY, GivenStore, changes


class ForkPromises(GivenStore):
    """Of a server that loads an application, and then forks its workers."""

    #: Seconds after which the child of a fork is not waited for any more.
    patience = 20.0

    def test_a_store_in_use_as_a_process_forks_is_of_use_on_both_sides(self) -> None:
        if not hasattr(os, "fork"):  # pragma: no cover -- Windows
            return
        self.create(values={})
        thread = threading.Thread(target=partial(self.write, "thread"))
        thread.start()
        child = self.fork(partial(self.write, "child"))
        self.write("parent")
        thread.join()

        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, "the child failed, or hung"
        written = [*(["child"] if self.store.shared else []), "parent", "thread"]
        assert sorted(self.values().items()) == [(name, "[29]") for name in written]

    def write(self, name: str) -> None:
        """Write one name again and again, which nobody else writes."""
        read = None
        for number in range(30):
            text = f"[{number}]"
            change = changes(set={name: (read, text)})
            assert self.store.update(KEY, change) == (SAVED, ())
            read = text

    def fork(self, act: Callable[[], object]) -> int:
        """The id of a child that does this, and leaves with 0 if it could."""
        with warnings.catch_warnings():  # that there are threads, which is the point
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:  # pragma: no cover -- in another process
            signal.setitimer(signal.ITIMER_REAL, self.patience)
            code = 1
            try:
                act()
                code = 0
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            os._exit(code)
        return child
