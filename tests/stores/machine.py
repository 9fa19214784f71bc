"""Any order of a store's verbs, beside the model: it does the same after each."""

from __future__ import annotations

import copy
from collections.abc import Callable

from hypothesis import HealthCheck, assume, note
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from session_middleware._store_contract import ADA, BOB, KEYS, NOW
from session_middleware.stores.base import Changes, Record, SessionStore

from ..support.examples import examples
from .model import GRANTED, Model, Session, seen

names = st.sampled_from(["a", "A", "a ", "n", "%", "m:used"])
texts = st.sampled_from(['"x"', "0", "-7", "9" * 18, "1" + "0" * 18, "-0", "01"])
steps = st.sampled_from([1, -1, 10**17 + 1, 10**18 - 1, 1 - 10**18])
owners = st.sampled_from(["", ADA, BOB])
FEW = KEYS[:4]
keys = st.sampled_from(FEW)
soon = st.sampled_from([0, 30, 5000])
ids = st.integers(0, 2**64).map(lambda number: f"{number:017x}")


@st.composite
def all_changes(draw, record, now):
    """What a request may have done that has read this record, or another one."""
    values = record.values if isinstance(record, Session) else {}

    def read(name):
        return draw(st.sampled_from([values.get(name), None, '"x"']))

    sets, deleted, increments = {}, {}, {}
    for name in draw(st.lists(names, unique=True)):
        what = draw(st.sampled_from(["set", "deleted", "increments"]))
        if what == "set":
            sets[name] = read(name), draw(texts)
        elif what == "deleted":
            deleted[name] = read(name)
        else:
            increments[name] = draw(steps), draw(texts)
    only = draw(st.none() | st.frozensets(names))
    owner = getattr(record, "owner", "")
    return Changes(
        draw(ids),
        alive_at=now - draw(st.sampled_from([0, GRANTED])),
        used=now - draw(st.sampled_from([0, 0, 100])),
        expires=now + draw(soon),
        owner_read=draw(st.sampled_from([owner, owner, owner, ADA])),
        owner=draw(st.none() | owners),
        permanent=draw(st.none() | st.booleans()),
        shortened=draw(st.booleans()),
        set=sets,
        deleted=deleted if only is None else {},
        increments=increments,
        only=only,
    )


class StoreMachine(RuleBasedStateMachine):
    """Steps of many requests on a clock that only they know.

    What has expired may be gone, or not: the model then goes on with what is there.
    """

    make_store: Callable[[], SessionStore]
    close_store: Callable[[SessionStore], object]

    sent = Bundle("sent")

    def __init__(self):
        super().__init__()
        self.store = type(self).make_store()
        self.model, self.now = Model(), NOW

    def teardown(self):
        type(self).close_store(self.store)

    def expired(self, key):
        there = self.model.get(key)
        return there is not None and there.expires < self.now - GRANTED

    @rule(seconds=st.sampled_from([1, 30, 60, 61, 6000]))
    def time_goes_on(self, seconds):
        self.now += seconds

    @rule(
        key=keys,
        values=st.dictionaries(names, texts),
        length=soon,
        permanent=st.booleans(),
        owner=owners,
        marked=st.sampled_from([0, 0, 50, 5000]),
        times=st.integers(1, 2),
    )
    def create(self, key, values, length, permanent, owner, marked, times):
        begun, until = self.now - 7, self.now + marked if marked else 0
        session = [values, begun, self.now, self.now + length, permanent, owner]
        record = Record(*session, mark_until=until)
        for _ in range(times):
            assert self.store.create(key, record) == self.model.create(key, record)

    @rule(target=sent, key=keys, times=st.integers(1, 2), data=st.data())
    def update(self, key, times, data):
        changes = data.draw(all_changes(self.model.get(key), self.now))
        for _ in range(times):
            self._update(key, changes)
        return key, changes

    @rule(target=sent, key=keys, length=soon, permanent=st.none() | st.booleans())
    def touch(self, key, length, permanent):
        owner = getattr(self.model.get(key), "owner", "")
        times = (self.now - GRANTED, self.now, self.now + length)
        self._update(key, Changes("", *times, owner, permanent=permanent))
        return multiple()

    @rule(sent=sent)
    def update_again(self, sent):
        """Its reply was lost, and others may have come in between."""
        key, changes = sent
        assume(not self.model.forgets(key, changes))
        self._update(key, changes)

    def _update(self, key, changes):
        note(f"{changes._asdict()}")
        outcome, overwritten = self.store.update(key, changes)
        assert (outcome, {*overwritten}) == self.model.update(key, changes)
        assert len({*overwritten}) == len(overwritten)

    @rule(
        key=st.sampled_from(range(3)),
        further=st.sampled_from([0, 1, 1, 1, 2]),
        fresh=st.booleans(),
        length=st.sampled_from([10, 5000]),
        times=st.integers(1, 2),
    )
    def retire(self, key, further, fresh, length, times):
        """A session is replaced by one that is younger, and so never in a circle."""
        assume(not self.expired(FEW[key]))
        successor = FEW[min(key + further, 3)] if further else ""
        if further and fresh:
            self.create(successor, {}, 5000, False, "", 0, 1)
        for _ in range(times):
            found = self.store.retire(FEW[key], self.now + length, successor)
            expected = self.model.retire(FEW[key], self.now + length, successor)
            assert seen(found) == expected

    @rule(key=keys, times=st.integers(1, 2))
    def delete(self, key, times):
        assume(not any(self.expired(each) for each in self.model.chain(key)))
        for _ in range(times):
            assert self.store.delete(key) == self.model.delete(key)

    @rule()
    def delete_all(self):
        before = copy.deepcopy(self.model)
        sessions = {key for key in before if isinstance(before[key], Session)}
        for key in before:
            self.model.delete(key)
        sure = sum(not self.expired_in(before, key) for key in sessions)

        assert sure <= self.store.delete_all() <= len(sessions)
        for key in filter(lambda key: self.expired_in(before, key), before):
            found = seen(self.store.read(key))  # had it been kept, to leave a mark?
            assert found in (None, self.model.get(key))
            self.go_on_with(key, found)

    def expired_in(self, model, key):
        return model[key].expires < self.now - GRANTED

    @rule(limit=st.sampled_from([1, 2, 1000]))
    def delete_expired(self, limit):
        count = self.store.delete_expired(self.now - GRANTED, limit)
        gone = [key for key in self.model if self.store.read(key) is None]
        assert len(gone) == count <= limit
        assert all(map(self.expired, gone))
        for key in gone:
            del self.model[key]

    def go_on_with(self, key, found):
        if found is None:
            self.model.pop(key, None)
        else:
            self.model[key] = found

    @invariant()
    def the_store_has_what_the_model_has(self):
        for key in FEW:
            found, expected = seen(self.store.read(key)), self.model.get(key)
            if found is None and self.expired(key):
                self.go_on_with(key, None)
            else:
                assert found == expected

    @invariant()
    def each_owner_has_their_sessions(self):
        for owner in (ADA, BOB):
            listed = [(key, seen(each)) for key, each in self.store.owned_by(owner)]
            found, expected = dict(listed), self.model.owned_by(owner)
            assert len(listed) == len(found)
            assert found.keys() <= expected.keys()
            for key, session in expected.items():
                assert found.get(key, session if self.expired(key) else None) == session


def check_any_order(make_store, close_store=lambda store: None):
    """Check the stores that a function makes, each with nothing in it."""

    class Machine(StoreMachine):
        pass

    Machine.make_store = staticmethod(make_store)
    Machine.close_store = staticmethod(close_store)
    slow = [HealthCheck.filter_too_much, HealthCheck.too_slow]
    options = examples(100, stateful_step_count=40, suppress_health_check=slow)
    run_state_machine_as_test(Machine, settings=options)
