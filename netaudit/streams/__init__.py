"""Packets to ordered bytes."""

OFFERS = ("batch", "layouts")  # what other stages may take, through their doors
