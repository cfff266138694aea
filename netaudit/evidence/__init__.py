"""The case on disk, its signatures, second opinions, and rules drafted from it."""
