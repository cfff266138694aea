"""Where the frozen program begins."""

from netaudit.cli import main

main()
