"""What goes wrong with settings, said in one line that names the place and the nearest right word."""

from __future__ import annotations

from collections.abc import Iterable


class SettingsError(ValueError):
    """Settings that cannot be used; the message is complete, and the exit code is 2."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` with the known word nearest to `word`, or nothing if none is near."""
    from difflib import SequenceMatcher, get_close_matches
    from itertools import takewhile

    by_folded = {name.casefold(): name for name in known}
    folded = word.casefold()
    near = get_close_matches(folded, by_folded, n=9)
    if not near:
        return ""
    # Of those that are equally near, the one that begins like the word for longest.
    alike = {name: sum(1 for _ in takewhile(bool, map(str.__eq__, folded, name))) for name in near}
    best = max(near, key=lambda name: (SequenceMatcher(None, folded, name).ratio(), alike[name]))
    return f"; did you mean `{by_folded[best]}`?"
