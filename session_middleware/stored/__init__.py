"""Sessions that are kept in a store, while the cookie holds no more than an id."""
