"""Auditing the live wire: what happens is told as news while the case is written."""
