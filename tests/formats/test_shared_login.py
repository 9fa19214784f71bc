"""The example of one login for two frameworks, run as its first lines say."""

from __future__ import annotations

import pytest

from ..servers import servers
from ..servers.servers import Visitor
from ..support import KEY

pytestmark = pytest.mark.servers


def test_a_login_at_flask_is_one_at_bottle_and_a_logout_there_ends_both():
    with servers.script("examples/shared_login.py", SECRET_KEY=KEY) as running:
        visitor = Visitor(running.url)
        seen = [visitor.text("/"), visitor.text("/blog/")]

        visitor.ask("/login", form={"name": "Ada Ärger"})
        seen += [visitor.text("/"), visitor.text("/blog/")]
        visitor.ask("/blog/logout", form={})
        seen += [visitor.text("/"), visitor.text("/blog/")]

    assert seen == [
        *("Flask knows nobody\n", "Bottle knows nobody\n"),
        *("Flask knows Ada Ärger\n", "Bottle knows Ada Ärger\n"),
        *("Flask knows nobody\n", "Bottle knows nobody\n"),
    ]
