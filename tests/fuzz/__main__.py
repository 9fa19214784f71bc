"""``python -m tests.fuzz [target ...] --seconds N``: look for what breaks a reader.

No value of a visitor's may raise anything but ``BadData``, none that is signed anything
but that and ``SerializationError``, and no request anything at all.
"""

from __future__ import annotations

import argparse
import time
import warnings

from .rounds import Fuzzer
from .targets import TARGETS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=" ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=10, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("error")
    for name in options.targets or TARGETS:
        fuzzer = Fuzzer(TARGETS[name], options.seed)
        rounds = 0
        end = time.monotonic() + options.seconds
        while time.monotonic() < end:
            fuzzer.round()
            rounds += 1
        print(f"{name}: {rounds} rounds, seed {options.seed}", flush=True)


if __name__ == "__main__":
    main()
