"""Ordered bytes to messages."""

OFFERS = ("dns.layouts", "dns.lookups", "message", "readers")  # what other stages may take, through their doors
