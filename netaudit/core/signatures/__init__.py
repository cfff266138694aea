"""Signatures: loading, conditions, checking, drafting, explaining."""
