"""The token in a session's cookie: the JSON in it, and how it is signed or sealed."""
