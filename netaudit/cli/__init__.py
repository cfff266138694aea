"""The command line. `main` is the entry point; commands are in modules of their own, heavy imports inside them."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line as this process's only business."""
    from netaudit.pipeline.startup import own_process, seldom

    seldom()
    own_process()
    from netaudit.pipeline.compiled import remember_compiled

    remember_compiled()
    from netaudit.cli.app import main as run

    run()
