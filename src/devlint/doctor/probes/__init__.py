"""What looks at this machine: one file each, and `run.py` which runs them all at once, each within a time limit.

A probe is a function `probe(...)` that returns one section of the facts. What it cannot find out it leaves as None and
says why, through `Gaps`; what it cannot find out at all it says by raising `NotAvailable`. It never asks the network.
Sources are read by small functions that take a folder or a text, so that what other systems answer is tested anywhere.
"""
