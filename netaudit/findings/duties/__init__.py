"""Duty cards: which articles a kind of finding touches, what it shows of them, and which papers answer the rest."""
