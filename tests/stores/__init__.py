"""Tests of the stores, and of the sessions that are kept in them."""
