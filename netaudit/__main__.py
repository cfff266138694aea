"""`python -m netaudit`."""

from netaudit.cli.app import main

main()
