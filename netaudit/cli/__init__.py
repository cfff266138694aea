"""The command line. `main` is the entry point; commands are in modules of their own, heavy imports inside them."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line as this process's only business."""
    from netaudit.cli.app import main as run
    from netaudit.running.lean import own_process

    own_process()
    run()
