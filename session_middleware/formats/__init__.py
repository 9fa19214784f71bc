"""Other frameworks' cookies; nothing here is imported by the core."""
