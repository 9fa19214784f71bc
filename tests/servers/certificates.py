"""Keys and certificates for servers, from an authority that a visitor can trust."""

from __future__ import annotations

import ssl
from pathlib import Path


def certificate(host: str, directory: Path) -> tuple[Path, ssl.SSLContext]:
    """A file with a key and its certificate, and what a visitor trusts."""
    import trustme

    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    pem = directory / "server.pem"
    issued = authority.issue_cert(host)
    issued.private_key_and_cert_chain_pem.write_to_path(pem)
    return pem, context
