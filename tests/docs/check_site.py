"""``python -m tests.docs.check_site build/docs``: links lead on, and names are there.

Links to other sites are left alone: nothing here asks a network.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .api import entries_of_site, without


class Site:
    """The pages of a built site, with what each links to and can be linked to."""

    def __init__(self, home: Path) -> None:
        self._pages = {path.resolve(): _Reader(path) for path in home.rglob("*.html")}

    def broken(self) -> Iterator[str]:
        """Each link within the site that leads nowhere, with its page."""
        for path, page in self._pages.items():
            for link in page.links:
                if not self._leads(path, link):
                    yield f"{path.name}: {link}"

    def _leads(self, page: Path, link: str) -> bool:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return True
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if target not in self._pages:
            return target.is_file()
        return not parts.fragment or unquote(parts.fragment) in self._pages[target].ids


class _Reader(HTMLParser):
    """What one page links to, and the places in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.add(value)


def main() -> None:
    home = Path(sys.argv[1])
    broken = sorted(Site(home).broken())
    if broken:
        sys.exit("These links lead nowhere:\n" + "\n".join(broken))
    missing = without(entries_of_site(home))
    if missing:
        sys.exit("These public names have no entry:\n" + "\n".join(missing))


if __name__ == "__main__":
    main()
