"""Several questions at once, each within a time limit, whatever any of them does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from devlint.doctor.probes.answer import NotAvailable, reason_of


class Result:
    """What became of one question, which is asked in a thread."""

    def __init__(self, question: Callable[[], Any]) -> None:
        self._question = question
        self._answer: Any = None
        self._error: BaseException | None = None
        self._limit = 0.0
        self.seconds: float | None = None
        self._thread = threading.Thread(target=self._ask, daemon=True)  # one that hangs does not hold up the exit
        self._begin = time.perf_counter()
        self._thread.start()

    def _ask(self) -> None:
        try:
            self._answer = self._question()
        except BaseException as error:
            self._error = error
        self.seconds = time.perf_counter() - self._begin

    def wait(self, limit: float) -> None:
        """Wait until it is answered or `limit` seconds after it was asked."""
        self._limit = limit
        self._thread.join(max(0.0, limit - (time.perf_counter() - self._begin)))

    def get(self) -> Any:
        """The answer; NotAvailable if there was none in time, or if asking raised anything at all."""
        if self.seconds is None:
            raise NotAvailable(f"no answer within {self._limit:g} s")
        if self._error is not None:
            raise NotAvailable(reason_of(self._error)) from self._error
        return self._answer


def together(questions: Mapping[str, Callable[[], Any]], limit: float) -> dict[str, Result]:
    """Ask all at once; returns when all have answered, or `limit` seconds later."""
    results = {name: Result(question) for name, question in questions.items()}
    for result in results.values():
        result.wait(limit)
    return results
