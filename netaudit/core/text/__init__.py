"""Addresses, character sets, patterns, time zones, JSON, YAML, both languages. Known by all, knows no room."""
