"""`python -m netaudit.cli`."""

from netaudit.cli.app import main

main()
