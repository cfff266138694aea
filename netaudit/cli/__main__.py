"""`python -m netaudit.cli`."""

from netaudit.cli import main

main()
