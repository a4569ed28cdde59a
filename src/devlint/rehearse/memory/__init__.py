"""How much memory the pretend devices hold, what for, and since which line.

`ledger.py` counts, `purpose.py` says what memory is taken for, `timeline.py` keeps its course, and `figures.py` has
what reports show of it. `batch.py` finds the largest batch that fits.
"""
