"""How often a test tries something at random: a share, by profile, of the full number.

``HYPOTHESIS_PROFILE`` names the profile: ``default`` is for each of many runs, ``ci``
tries the full number, and ``nightly`` ten times as many.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

PERCENT = {"default": 10, "ci": 100, "nightly": 1000}


def register_profiles() -> None:
    """Done before any test is imported; a hundred examples are the usual number."""
    for name, percent in PERCENT.items():
        settings.register_profile(name, settings(), max_examples=percent, deadline=None)


def share_of(full: int) -> int:
    """So many of ``full`` times."""
    return full * settings().max_examples // 100


def tries_all() -> bool:
    """Whether the profile tries the full number, or more."""
    return share_of(100) >= 100


def examples(full: int, **options: Any) -> settings:
    """In the place of ``settings(max_examples=full)``, which no profile changes."""
    return settings(max_examples=share_of(full), **options)
