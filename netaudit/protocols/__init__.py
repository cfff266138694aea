"""Ordered bytes to messages."""

OFFERS = (
    "dns.layouts",
    "dns.lookups",
    "message",
    "mqtt.publications",
    "readers",
)  # what other stages may take, through their doors
