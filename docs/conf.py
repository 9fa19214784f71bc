"""How the documentation is built: ``nox -s docs``, or ``sphinx-build docs build/docs``.

A link between pages is an ordinary one to the other file, ``<../hosts/bottle.rst>``, so
that it leads there too where the source itself is read, in a repository's browser.
"""

from __future__ import annotations

import posixpath
from importlib.metadata import version as version_of
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

project = "session_middleware"
author = "The session_middleware authors"
copyright = "the session_middleware authors"
version = release = version_of("session-middleware")

extensions = ["sphinx.ext.autodoc"]
templates_path: list[str] = []
exclude_patterns = ["pictures/*.py"]
highlight_language = "python"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 120
python_use_unqualified_type_names = True
add_module_names = False

# What a docstring names must be on one of these pages, or be another's.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(abc|collections\.abc|datetime|os|uuid)\..*"),
    (r"py:.*", r"(cherrypy|falcon|flask|itsdangerous|sqlalchemy)\..*"),
    # They are imported for type checkers alone, so Sphinx does not know whose they are.
    (r"py:class", r"WSGI\w+|HeaderList|datetime"),
    (r"py:class", r"Configurator|Request|Redis|RedisCluster"),
]

html_theme = "furo"
html_title = f"session_middleware {version}"
html_static_path = ["pictures"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
pygments_style = "default"

_log = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("doctree-read", _offer_files, priority=400)  # before they are collected
    app.connect("doctree-resolved", _follow_links)


def _offer_files(app: Sphinx, doctree: nodes.document) -> None:
    """A link to a file of the repository, such as an example, is a download."""
    page = app.env.docname
    for link in list(doctree.findall(nodes.reference)):
        path = urlsplit(link.get("refuri", ""))
        if path.scheme or path.netloc or not path.path or path.path.endswith(".rst"):
            continue
        target = path.path
        if not (Path(app.srcdir, page).parent / target).is_file():
            _log.warning("no file %r is here to link to", target, location=link)
        link.replace_self(
            addnodes.download_reference(
                "", "", *link.children, reftarget=target, refdoc=page, refdomain=""
            )
        )


def _follow_links(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """A link to a page's source is one to the page."""
    for link in doctree.findall(nodes.reference):
        path = urlsplit(link.get("refuri", ""))
        if path.scheme or not path.path.endswith(".rst"):
            continue
        there = path.path.removesuffix(".rst").removeprefix("docs/")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), there))
        there = _OUTSIDE.get(there, there)
        if there not in app.env.found_docs:
            _log.warning("no page %r is here to link to", path.path, location=link)
            continue
        link["refuri"] = app.builder.get_relative_uri(page, there)
        link["refuri"] += f"#{path.fragment}" if path.fragment else ""
        link["internal"] = True


# Files above docs/ that a page includes; a link to the file is one to that page.
_OUTSIDE = {
    "../CHANGES": "changes",
    "../CONTRIBUTING": "contributing",
    "CONTRIBUTING": "contributing",
    "CHANGES": "changes",
    "SECURITY": "security",
    "../SECURITY": "security",
}
