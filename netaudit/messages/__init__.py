"""Ordered bytes to messages."""

OFFERS = ("dns.layouts", "dns.lookups", "message")  # what other stages may take, through their doors
