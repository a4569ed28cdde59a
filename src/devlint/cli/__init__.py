"""The `devlint` command. A subcommand is a module here, with `configure(parser)` and `run(arguments) -> exit code`."""
