"""Stores with one fault each, and which test of the contract finds it."""
