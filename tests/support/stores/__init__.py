"""Servers that stores keep sessions in, each empty and for one module of tests."""
