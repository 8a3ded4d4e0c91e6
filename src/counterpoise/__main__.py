"""`python -m counterpoise` is the `counterpoise` command."""

from counterpoise.cli.main import main

main()
