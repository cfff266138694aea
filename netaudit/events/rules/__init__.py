"""Meaning: what a decoded message says of a capture, a check or a person, by entries of `signatures/documents`."""
