"""Judgement on tables."""
