"""The pytest plugin: tests that need a GPU run on a pretend one, and fail where they would mix devices on a real one.

    pytest --pretend-gpu[=NAME]

PyTorch and `devlint.rehearse` are imported only once a test asks for a pretend GPU.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from devlint.rehearse import Session

OPTION = "--pretend-gpu"
MARK = "pretend_gpu"
_MARK_HELP = f"{MARK}(gpus=[NAME, ...]): run the test on these pretend GPUs; a device mix fails it."
_INSTALL = 'pip install "devlint[rehearse]"'


class Stage:
    """The pretend GPUs that are there at present; `roots` are folders in which all code is the user's."""

    def __init__(self, always: tuple[str, ...], roots: Sequence[str]) -> None:
        self.always = always
        """Cards that are there for all tests."""
        self.session: Session | None = None
        self._cards: tuple[str, ...] = ()
        self._roots = roots
        self._running = ExitStack()

    def show(self, cards: tuple[str, ...]) -> None:
        """Let these GPUs be there, with nothing noted yet; UsageError if they cannot be."""
        if self.session is not None and cards == self._cards:
            self.session.log.clear()
        elif cards != self._cards:
            self.close()
            self.session = self._running.enter_context(_pretend(cards, self._roots)) if cards else None
            self._cards = cards

    def close(self) -> None:
        """Have no pretend GPU."""
        self.session, self._cards = None, ()
        self._running.close()

    def take_findings(self) -> str:
        """What was noted since the last time, as text; empty if nothing was."""
        if self.session is None or not self.session.findings:
            return ""
        text = _report(self.session)
        self.session.log.clear()
        return text


_STAGE = pytest.StashKey[Stage]()


def _pretend(cards: tuple[str, ...], roots: Sequence[str]) -> Any:
    if find_spec("torch") is None:
        raise pytest.UsageError(f"a pretend GPU needs PyTorch, which is not installed here: {_INSTALL}")
    from devlint.rehearse import pretend
    from devlint.rehearse.cards import UnknownCard, card

    try:
        return pretend([card(name) for name in cards], roots=roots)
    except UnknownCard as error:
        raise pytest.UsageError(f"{OPTION}: {error}") from None


def _report(session: Session) -> str:
    from devlint import __version__, report
    from devlint.rehearse.events import all_metas

    results = tuple(each for each in session.log.results())
    here = os.getcwd()
    run = report.RunReport(results, (), all_metas(), __version__)
    return report.get("full").render(run, report.RenderOptions(cwd=here, root=here))


# --------------------------------------------------------------------------------------------------------- the options


def pytest_addoption(parser: pytest.Parser) -> None:
    """See `--help`."""
    parser.getgroup("devlint").addoption(
        OPTION,
        dest="pretend_gpu",
        action="append",
        nargs="?",
        metavar="NAME",
        help="Run all tests on a pretend GPU, and fail those that mix devices. [RTX 4090] Repeat it for several GPUs.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line("markers", _MARK_HELP)
    if _STAGE not in config.stash:
        config.stash[_STAGE] = Stage((), [str(config.rootpath)])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Have the GPU before any file of the user's is imported: conditions of `skipif` are computed there."""
    known = early_config.known_args_namespace
    if known.pretend_gpu and not (known.help or known.version):
        from devlint.rehearse.cards import DEFAULT

        args[:] = [f"{OPTION}={DEFAULT}" if each == OPTION else each for each in args]  # it takes no path for a name
        again = parser.parse_known_args(args, namespace=copy.copy(early_config.option))
        known.file_or_dir = again.file_or_dir
        stage = Stage(tuple(again.pretend_gpu), [str(early_config.rootpath)])
        early_config.stash[_STAGE] = stage
        early_config.add_cleanup(stage.close)
        stage.show(stage.always)
    return (yield)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Which GPUs are pretended."""
    session = config.stash[_STAGE].session
    return None if session is None else f"devlint: pretended GPUs: {', '.join(each.name for each in session.cards)}"


# ----------------------------------------------------------------------------------------------------------- the tests


@pytest.fixture
def pretend_gpu(request: pytest.FixtureRequest) -> Session:
    """A pretend GPU, whose rehearsal this is: `.findings`, `.cards`."""
    session = request.config.stash[_STAGE].session
    assert session is not None  # pytest_runtest_setup sees that the fixture is asked for
    return session


def _cards_of(item: pytest.Item, always: tuple[str, ...]) -> tuple[str, ...]:
    """The cards that a test is to have."""
    marker = item.get_closest_marker(MARK)
    if marker is None and MARK not in getattr(item, "fixturenames", ()):
        return always
    from devlint.rehearse.cards import DEFAULT

    default = always or (DEFAULT,)
    return default if marker is None else _named(default, *marker.args, **marker.kwargs)


def _named(default: tuple[str, ...], gpus: str | Sequence[str] = ()) -> tuple[str, ...]:
    return (gpus,) if isinstance(gpus, str) else tuple(gpus) or default


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A device mix in code that runs when a file is imported is an error of that file."""
    collected = yield
    found = collector.config.stash[_STAGE].take_findings()
    if found:
        collected.outcome, collected.longrepr = "failed", found
    return collected


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have the GPUs of this test, before its fixtures are made."""
    stage = item.config.stash[_STAGE]
    stage.show(_cards_of(item, stage.always))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that passed, but would not on the real device; what failed gets the findings beside its own error."""
    stage = item.config.stash[_STAGE]
    try:
        result = yield
    except BaseException:
        if found := stage.take_findings():
            item.add_report_section("call", "devlint", found)
        raise
    if found := stage.take_findings():
        pytest.fail(found, pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """A GPU that only this test had goes when its fixtures are gone."""
    stage = item.config.stash[_STAGE]
    result = yield
    found = stage.take_findings()
    stage.show(stage.always)
    if found:
        pytest.fail(found, pytrace=False)
    return result
