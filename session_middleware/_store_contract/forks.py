"""A store goes on after a fork, on both sides, whatever its threads were doing."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from ..exceptions import StoreUnavailable
from ..stores.base import SAVED, Changes, Updated
from .given import KEY, GivenStore, changes


class ForkPromises(GivenStore):
    """Of a server that loads an application, and then forks its workers."""

    #: Seconds after which the child of a fork is not waited for any more.
    patience = 60.0

    def test_a_store_in_use_as_a_process_forks_is_of_use_on_both_sides(self) -> None:
        if not hasattr(os, "fork"):  # pragma: no cover -- Windows
            return
        self.create(values={})
        begun, done = threading.Event(), threading.Event()

        def write_on() -> None:
            while not done.wait(0.005):  # others are let in between
                self.write("thread", times=1)
                begun.set()

        thread = threading.Thread(target=write_on)
        thread.start()
        begun.wait(self.patience)
        children = [f"child{number}" for number in range(4)]
        codes = []
        for name in children:
            child = self.fork(partial(self.write, name))
            self.write("parent")
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        done.set()
        thread.join()

        assert codes == [0] * len(children), "a child failed, or hung"
        names = [*(children if self.store.shared else []), "parent", "thread"]
        written = {name: "[0]" if name == "thread" else "[9]" for name in names}
        assert self.values() == written

    def write(self, name: str, times: int = 10) -> None:
        """Write a name again and again, which nobody else writes."""
        for number in range(times):
            change = changes(set={name: (None, f"[{number}]")})
            assert self._updated(change).outcome == SAVED

    def _updated(self, change: Changes) -> Updated:
        """So many writers at once are too many for an SQLite file, now and then."""
        for _ in range(4):
            with suppress(StoreUnavailable):
                return self.store.update(KEY, change)
        return self.store.update(KEY, change)  # pragma: no cover -- or is it away

    def fork(self, act: Callable[[], object]) -> int:
        """The id of a child that does this, and leaves with 0 if it could."""
        time.sleep(0.003)  # and so amid what the thread does
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
