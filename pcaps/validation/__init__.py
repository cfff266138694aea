"""Generators of the test captures of `netaudit validate`, and their known answers.

They import only the standard library and each other, so a fault of a reader cannot be in them, too.
"""
