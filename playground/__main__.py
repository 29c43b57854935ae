"""`python -m playground` is the `playground` command."""

from playground.cli import main

main()
