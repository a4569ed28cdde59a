"""The exit codes of every subcommand."""

CLEAN = 0
FINDINGS = 1
FAILED = 2
"""Something could not be done."""
INTERRUPTED = 130
"""What shells know from Ctrl-C."""
