"""Builds the demo captures: hosts, packets, TCP, real TLS, application bytes, and the truth about them.

story (who says what to whom, when) → conversation (segments) → view (what one place sees) → file + expected.json
"""
