"""The rules that hold wherever a session is kept, with sessions in a store."""

from __future__ import annotations

from ..behaviour.test_accept import *  # noqa: F403
from ..behaviour.test_changes import *  # noqa: F403
from ..behaviour.test_deletion import *  # noqa: F403
from ..behaviour.test_late_changes import *  # noqa: F403
from ..behaviour.test_late_warnings import *  # noqa: F403
from ..behaviour.test_own_limits import *  # noqa: F403
from ..behaviour.test_own_rules import *  # noqa: F403
from ..behaviour.test_refresh import *  # noqa: F403
from ..behaviour.test_revert import *  # noqa: F403
from ..behaviour.test_touches import *  # noqa: F403
from ..behaviour.test_way_out import *  # noqa: F403
from .on_a_store import on_a_store  # noqa: F401 -- a fixture

# They open what the signed cookie has kept, or ask for a text that is a token's.
del test_the_keys_of_what_is_too_large_to_compare_are_all_named  # noqa: F821
del test_a_change_before_the_first_block_is_not_late  # noqa: F821
del test_an_own_should_set_cookie_has_the_last_word  # noqa: F821
del test_an_acceptance_that_is_no_bool_is_an_error_and_no_logout  # noqa: F821
del test_what_an_override_fails_to_judge_stays_shut  # noqa: F821
# In a store a logout is final: the cookie that was left behind opens nothing.
del test_a_cookie_that_is_not_where_its_reader_deletes_it_is_an_event  # noqa: F821
