"""Bytes to records."""

OFFERS = ("layouts",)  # what other stages may take, through their doors
