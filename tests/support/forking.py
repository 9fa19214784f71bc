"""A child of this process that does one thing, and ends without a word of pytest's."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections.abc import Callable


def fork(work: Callable[[], object]) -> int:
    """Do something in a child; gives its process id. In the child, this never ends."""
    with warnings.catch_warnings():
        # Of Python 3.12: the other threads are pytest's.
        warnings.filterwarnings("ignore", ".* is multi-threaded", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    signal.alarm(30)
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def wait_for(child: int) -> int:
    """How it ended; 0: it did all."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
