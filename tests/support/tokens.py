"""Tokens of any serializer, written and read."""

from __future__ import annotations

from . import START


def write(data, created=START, permanent=False, issued=START, *, serializer):
    text = serializer.encode(created, permanent, data)
    return serializer.sign(serializer.pack(text), issued)


def read(token, *, serializer):
    payload, issued, key = serializer.verify(token)
    created, permanent, data, _ = serializer.decode(payload)
    return created, permanent, data, issued, key
