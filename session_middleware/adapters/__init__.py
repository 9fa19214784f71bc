"""Other frameworks' words for a session; nothing here is imported by the core."""
