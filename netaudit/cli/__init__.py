"""The command line. `main` is the entry point; commands are in modules of their own, heavy imports inside them."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line as this process's only business."""
    import sys

    from netaudit.pipeline.startup import seldom
    from netaudit.system import programs

    seldom()  # before all that is imported: programs that we start of ourselves come here, too

    if programs.is_frozen():
        import multiprocessing

        multiprocessing.freeze_support()  # workers of a frozen program begin here too
    if programs.asked(sys.argv[1:]):
        return
    from netaudit.pipeline.startup import leave, own_process

    own_process()
    from netaudit.pipeline.compiled import remember_compiled

    remember_compiled()
    from netaudit.cli.app import main as run

    try:
        run()
    except SystemExit as ended:
        leave(ended.code)
