"""Streams of CherryPy: read no further than asked, and closed."""

from __future__ import annotations

import itertools

import cherrypy
import pytest
from werkzeug.test import create_environ

from ..support import call, make_interface
from .cherrypy_apps import Root, make_app


class Counted(Root):
    """A stream that notes how far it was read, and that it was closed."""

    def __init__(self, *blocks):
        self.blocks = blocks
        self.seen = []

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    def index(self):
        try:
            for block in self.blocks:
                self.seen.append(block)
                yield block
        finally:
            self.seen.append("closed")


class TestStreams:
    @pytest.mark.parametrize("blocks", [[], ["one"], ["one", "two"]], ids=len)
    def test_every_block_is_sent_once_and_the_stream_is_closed(self, blocks):
        root = Counted(*blocks)

        answer = call(make_app(make_interface(), root))

        assert answer.body.decode() == "".join(blocks)
        assert answer.all("Content-Length") == []
        assert root.seen == [*blocks, "closed"]

    @pytest.mark.parametrize("taken", [0, 1, 2])
    def test_it_is_read_one_block_ahead_at_most_and_closed_when_the_client_goes(
        self, taken
    ):
        blocks = ["one", "two", "three"]
        root = Counted(*blocks)
        app = make_app(make_interface(), root)

        body = app(create_environ(), lambda status, headers, exc_info=None: None)
        read = list(itertools.islice(body, taken))
        body.close()

        assert b"".join(read).decode() == "".join(blocks[:taken])
        assert root.seen == [*blocks[: max(taken, 1)], "closed"]

    def test_an_iterator_with_a_close_of_its_own_is_closed_once(self):
        class Rows:
            closed = 0

            def __iter__(self):
                return self

            def __next__(self):
                return b"row"

            def close(self):
                self.closed += 1

        rows = Rows()

        class Table(Root):
            @cherrypy.expose
            @cherrypy.config(**{"response.stream": True, "tools.encode.on": False})
            def index(self):
                return rows

        app = make_app(make_interface(), Table())

        body = app(create_environ(), lambda status, headers, exc_info=None: None)
        read = list(itertools.islice(body, 2))
        body.close()

        assert (read, rows.closed) == ([b"row", b"row"], 1)

    def test_an_error_before_the_first_block_is_an_error_page_and_saves_nothing(self):
        class Broken(Root):
            @cherrypy.expose
            @cherrypy.config(**{"response.stream": True})
            def index(self):
                self.write()
                raise LookupError("the stream's own")
                yield

        answer = call(make_app(make_interface(), Broken()))

        assert answer.status.startswith("500")
        assert b"LookupError" in answer.body
        assert answer.set_cookies == []
