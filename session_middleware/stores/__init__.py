"""Stores: where sessions are kept outside of the cookie. None is imported unasked."""
