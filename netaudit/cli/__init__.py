"""The command line. `main` is the entry point; commands are in modules of their own, heavy imports inside them."""

from __future__ import annotations

from netaudit.cli.app import main

__all__ = ["main"]
