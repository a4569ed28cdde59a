"""devlint's own options: what there is to set, where people set it, and what then holds for a file."""
