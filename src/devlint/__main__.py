"""`python -m devlint`."""

from devlint.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
