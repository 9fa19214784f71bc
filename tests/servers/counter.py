"""An example that counts its visitor's visits."""

from __future__ import annotations

from .servers import Visitor


def pages_of_a_counter(url: str) -> list[str]:
    """The pages before a login, after it, and after the logout."""
    visitor = Visitor(url)
    pages = [visitor.text()]
    visitor.ask("/login", form={"name": "Ada"})
    pages.append(visitor.text())
    visitor.ask("/logout", form={})
    return [*pages, visitor.text()]
