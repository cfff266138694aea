"""Ordered bytes to messages."""
