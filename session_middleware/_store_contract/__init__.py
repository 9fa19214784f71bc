"""StoreContract: every promise of a store, as tests that its own tests inherit."""

from __future__ import annotations

from .ends import EndPromises
from .races import RacePromises
from .records import RecordPromises
from .updates import UpdatePromises


class StoreContract(RecordPromises, UpdatePromises, EndPromises, RacePromises):
    """Inherit it in a test class that pytest collects, and say how a store is made.

    >>> class TestMyStore(StoreContract):
    ...     def make_store(self):
    ...         return MyStore()
    """
