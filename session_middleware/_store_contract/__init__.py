"""StoreContract: every promise of a store, as tests that its own tests inherit."""

from __future__ import annotations

from .ends import EndPromises
from .forks import ForkPromises
from .given import ADA as ADA
from .given import BOB as BOB
from .given import KEY as KEY
from .given import KEYS as KEYS
from .given import LATER as LATER
from .given import LONG_NAME as LONG_NAME
from .given import NOW as NOW
from .given import OTHER as OTHER
from .given import THIRD as THIRD
from .given import changes as changes
from .given import record as record
from .races import RacePromises
from .records import RecordPromises
from .updates import UpdatePromises


class StoreContract(
    RecordPromises, UpdatePromises, EndPromises, RacePromises, ForkPromises
):
    """Inherit it in a test class that pytest collects, and say how a store is made.

    >>> class TestMyStore(StoreContract):
    ...     def make_store(self):
    ...         return MyStore()

    What it cannot see is for the store's own tests: that ``owned_by`` looks at no other
    owner's sessions, for which ask the database how it finds them; that a store which
    cannot be reached says so in time, by the right error; and what a crash leaves.

    pytest shows what a failed assertion compared if ``conftest.py`` begins with
    ``pytest.register_assert_rewrite("session_middleware._store_contract")``.
    """
