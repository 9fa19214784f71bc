"""The rules again, for a backend that is no signed cookie: they are not its business.

What is left out is about the text that a cookie of the signed kind has in it.
"""

from __future__ import annotations

from .test_accept import *  # noqa: F403
from .test_backends import on_a_shelf  # noqa: F401 -- a fixture
from .test_changes import *  # noqa: F403
from .test_deletion import *  # noqa: F403
from .test_late_changes import *  # noqa: F403
from .test_late_warnings import *  # noqa: F403
from .test_own_limits import *  # noqa: F403
from .test_own_rules import *  # noqa: F403
from .test_refresh import *  # noqa: F403
from .test_revert import *  # noqa: F403
from .test_touches import *  # noqa: F403
from .test_way_out import *  # noqa: F403

# The token's own limit on a text, and a cookie that changes with its content.
del test_the_keys_of_what_is_too_large_to_compare_are_all_named  # noqa: F821
del test_a_change_before_the_first_block_is_not_late  # noqa: F821
# They open what the signed cookie has kept.
del test_an_own_should_set_cookie_has_the_last_word  # noqa: F821
del test_an_acceptance_that_is_no_bool_is_an_error_and_no_logout  # noqa: F821
del test_what_an_override_fails_to_judge_stays_shut  # noqa: F821
