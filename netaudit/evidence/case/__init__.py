"""A case: on disk, as tables for people, and what is done with it."""
