"""What a session is in a cookie: signed or sealed, and the JSON in it."""
