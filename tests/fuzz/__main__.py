"""``python -m tests.fuzz [target ...] --seconds N``: look for what breaks a reader.

No value of a visitor's may raise anything but ``BadData``, none that is signed anything
but that and ``SerializationError``, and no request anything at all.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings

from .rounds import CORPUS, Found, Fuzzer, watched
from .targets import TARGETS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=" ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=10, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("error")
    logging.getLogger("session_middleware").addHandler(logging.NullHandler())
    for name in options.targets or TARGETS:
        fuzzer = Fuzzer(TARGETS[name], options.seed)
        busy = time.process_time()
        try:
            with watched():
                rounds = _run(fuzzer, name, options.seconds)
        except Found:
            print(f"To keep it: add the literal below as a line of {CORPUS}/{name}.txt")
            raise
        busy = time.process_time() - busy  # less than asked for on a busy machine
        print(
            f"{name}: {rounds} rounds, seed {options.seed}, {busy:.0f} s of processor"
        )
        print(f"  {fuzzer.reached}", flush=True)


def _run(fuzzer: Fuzzer, name: str, seconds: float) -> int:
    fuzzer.run_corpus(name)
    rounds = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        fuzzer.round()
        rounds += 1
    return rounds


if __name__ == "__main__":
    main()
