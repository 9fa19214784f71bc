"""A reader for each framework's session cookies, for users who move here."""
