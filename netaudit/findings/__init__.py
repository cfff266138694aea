"""Judgement on tables."""

OFFERS = ("transfers",)  # what other stages may take, through their doors
