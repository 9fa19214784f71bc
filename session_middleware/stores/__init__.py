"""Stores: where sessions are kept outside of the cookie. None is imported unasked."""

from .urls import open_store as open_store

__all__ = ["open_store"]
