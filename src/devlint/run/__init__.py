"""From paths to results: which files there are to check, and checking them, in several processes where that pays."""
