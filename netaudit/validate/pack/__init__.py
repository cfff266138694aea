"""Captures with known answers. Nothing here imports a reader of netaudit, nor a library that one reads with."""
