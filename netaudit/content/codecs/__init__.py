"""Codecs: each opens one way of packing."""
