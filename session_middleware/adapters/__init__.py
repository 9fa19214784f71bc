"""An adapter for each framework: our session, where its users look for it."""
