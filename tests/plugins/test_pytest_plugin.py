"""The pytest plugin, in real runs of small suites."""

from __future__ import annotations

from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]
LOAD = () if entry_points(group="pytest11", name="devlint") else ("-p", "devlint.plugins.pytest")
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")
SUITE = """
    import pytest
    import torch

    needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

    def scaled(x):
        scale = torch.ones(x.shape[1])
        return x * scale

    @needs_gpu
    def test_mixed():
        assert scaled(torch.rand(2, 4, device="cuda")).shape == (2, 4)

    @needs_gpu
    def test_clean():
        assert torch.nn.Linear(4, 2).cuda()(torch.rand(3, 4).cuda()).is_cuda

    def test_on_the_cpu():
        assert scaled(torch.rand(2, 4)).shape == (2, 4)
"""


@pytest.fixture(scope="module", autouse=True)
def session_before() -> None:
    """pytester forgets what its runs import, but torch cannot be imported twice, and the rest takes time."""
    if find_spec("torch") is not None:
        from devlint.rehearse import pretend

        with pretend():
            pass


@pytest.fixture
def run(pytester: pytest.Pytester):
    """pytest with the plugin, in this process."""
    return lambda *arguments: pytester.runpytest_inprocess(*LOAD, *arguments)


@needs_torch
def test_suite_runs_on_the_pretend_gpu(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(test_model=SUITE)
    run().assert_outcomes(passed=1, skipped=2)
    done = run("--pretend-gpu")
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(
        [
            "devlint: pretended GPUs: *4090*",
            "test_model.py:8:12: XDR101 *operation-on-two-devices* `x * scale` brings *",
            "*the tensor on `cpu` was made here",
            "*the tensor on `cuda:0` was made here",
            "FAILED test_model.py::test_mixed*",
        ],
    )
    run().assert_outcomes(passed=1, skipped=2)


@needs_torch
def test_each_test_that_reaches_a_mix_fails(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(
        """
        import pytest
        import torch

        @pytest.mark.parametrize("size", [1, 2])
        def test_mix(size):
            torch.rand(3, size).cuda() @ torch.rand(size, 3)
        """
    )
    run("--pretend-gpu").assert_outcomes(failed=2)


@needs_torch
def test_path_after_the_option_is_a_path(pytester: pytest.Pytester, run) -> None:
    pytester.mkdir("checks").joinpath("test_it.py").write_text("def test_it():\n    pass\n")
    pytester.path.joinpath("checks", "conftest.py").write_text("import torch\nassert torch.cuda.is_available()\n")
    run("--pretend-gpu", "checks").assert_outcomes(passed=1)


@needs_torch
def test_marker_and_fixture(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(
        """
        import pytest
        import torch

        @pytest.mark.pretend_gpu(gpus=["RTX 3060", "RTX 3060"])
        def test_marker():
            assert torch.cuda.device_count() == 2
            assert "3060" in torch.cuda.get_device_name(1)

        @pytest.fixture
        def batch():
            return torch.rand(2, device="cuda")

        def test_fixture(batch, pretend_gpu):
            batch + torch.rand(2)
            assert [finding.code for finding in pretend_gpu.findings] == ["XDR101"]
            pretend_gpu.log.clear()

        def test_neither():
            assert not torch.cuda.is_available()
        """
    )
    run("--strict-markers").assert_outcomes(passed=3)


@needs_torch
def test_mix_while_a_file_is_imported(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile("import torch\n\nTABLE = torch.ones(3).cuda() * torch.ones(3)\n\ndef test_it():\n    pass\n")
    done = run("--pretend-gpu")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*XDR101*"])


@needs_torch
def test_own_failure_shows_the_mix_beside_it(pytester: pytest.Pytester, run) -> None:
    pytester.makepyfile(
        "import torch\n\ndef test_it():\n    assert (torch.ones(3).cuda() * torch.ones(3)).sum() == 4\n"
    )
    done = run("--pretend-gpu")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["E  *assert*", "*devlint*", "*XDR101*"])


@needs_torch
@pytest.mark.slow
def test_workers_of_xdist(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(test_model=SUITE)
    pytester.runpytest_subprocess(*LOAD, "-n", "2", "--pretend-gpu").assert_outcomes(passed=2, failed=1)


def test_unknown_card_is_one_line(pytester: pytest.Pytester, run) -> None:
    pytest.importorskip("torch")
    done = run("--pretend-gpu=RTX 9999")
    assert done.ret is pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: --pretend-gpu: *RTX 9999*"])


def test_without_torch_it_says_what_to_install(pytester: pytest.Pytester, run, monkeypatch: pytest.MonkeyPatch) -> None:
    import devlint.plugins.pytest as plugin

    monkeypatch.setattr(plugin, "find_spec", lambda name: None)
    done = run("--pretend-gpu")
    assert done.ret is pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: a pretend GPU needs PyTorch*pip install*rehearse*"])


def test_nothing_is_imported_unless_asked(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\n\ndef test_it():\n    assert not {'torch', 'devlint.rehearse', 'libcst'} & set(sys.modules)\n"
    )
    done = pytester.runpytest_subprocess(*LOAD)
    done.assert_outcomes(passed=1)


@pytest.mark.skipif(bool(LOAD), reason="devlint is not installed here, so that there is no entry point to block")
def test_plugin_can_be_blocked(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest_subprocess("-p", "no:devlint", "--pretend-gpu")
    assert done.ret is pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*unrecognized arguments: --pretend-gpu*"])
