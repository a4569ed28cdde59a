"""The `devlint` command. Each subcommand is a module here, with `configure(parser)` and `run(arguments) -> exit code`."""
