"""Relays: which images seen in clear inside fit, by sizes and times, what was sent on encrypted afterwards."""
