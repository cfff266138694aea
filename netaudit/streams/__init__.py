"""Packets to ordered bytes."""
