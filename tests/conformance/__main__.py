"""Other projects' own tests, with our sessions in the place of theirs.

``python -m tests.conformance`` downloads their source distributions, runs each suite
as it is and then with ours, and exits with 1 if a test comes out differently that is
not expected to.
"""

from __future__ import annotations

import sys

from .sdists import fetch
from .suites import SUITES
from .trial import is_good


def main() -> int:
    sdists = fetch()
    good = [is_good(suite, sdists[suite.project]) for suite in SUITES]
    print("conforms" if all(good) else "DOES NOT CONFORM")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
