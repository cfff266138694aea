"""The far side: vantage, inside and outside, names, country."""

OFFERS = ("tunnels",)  # what other stages may take, through their doors
