"""One file per program that starts a job: what its options mean, and which words are the command that it starts."""
