"""The far side: vantage, inside and outside, names, country."""
