"""All checks over a case: order, selection, and a check that crashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from devlint.doctor.checks import all_checks
from devlint.doctor.checks.base import FACT, Case, Check, Passed, Problem, Unknown, Verdict, as_finding
from devlint.doctor.checks.judge import index, judge
from devlint.doctor.facts import Facts, Origin
from devlint.doctor.facts.files import load
from devlint.doctor.plan import LaunchPlan, Setting, Source
from devlint.findings import Confidence, FailureKind, Location, RuleMeta, Severity, Span
from devlint.settings.errors import SettingsError
from tests.doctor.checks.support import MACHINES

NOTHING = Case(Facts(origin=Origin(kind="composed")), LaunchPlan())
META = RuleMeta("XDC999", "some-check", "something", Severity.WARNING, Confidence.HIGH)
PLACE = Location("job.yaml", Span(3, 1, 3, 9))


class Crashes(Check):
    """A check with a fault."""

    meta = META

    def judge(self, case: Case) -> Iterator[Verdict]:
        yield Passed("so far")
        raise ZeroDivisionError


def test_a_crash_is_one_failure_and_the_others_go_on() -> None:
    checks = all_checks()
    judgements, (failure,) = judge(NOTHING, checks=(checks[0], Crashes, checks[1]))
    assert [each.meta for each in judgements] == [checks[0].meta, checks[1].meta]
    assert (failure.kind, failure.path) == (FailureKind.RULE_CRASH, "some-check")
    assert "XDC999 crashed" in failure.message and "--save-facts" in failure.message
    assert "ZeroDivisionError" in (failure.detail or "")


def test_no_error_rests_on_a_guess() -> None:
    facts = load(MACHINES / "rtx-3060-laptop.json")
    for certain, severity in ((True, None), (False, Severity.WARNING)):
        plan = LaunchPlan(device_ids=Setting((1,), "--gpu", PLACE, certain=certain))
        (judgement,), _ = judge(Case(facts, plan), frozenset({"XDC301"}))
        assert [problem.severity for problem in judgement.problems] == [severity]
    assert judgement.meta.severity is Severity.ERROR


def test_a_scheduler_s_job_is_not_judged_against_a_login_node() -> None:
    source = Source(path="job.sbatch", format="slurm", strength=1)
    plan = LaunchPlan(
        sources=(source,), devices=Setting(8, "--devices", PLACE), workers=Setting(16, "--workers", PLACE)
    )
    facts = load(MACHINES / "recorded-cpu-vm.json")
    login = replace(facts, origin=replace(facts.origin, kind="probed"))
    (judgement,), _ = judge(Case(login, plan), frozenset({"XDC401"}))
    assert judgement.verdicts == (
        Unknown("Slurm starts the job on a machine of its own: run this there, or give its --facts"),
    )


def test_all_are_judged_in_the_order_of_their_codes() -> None:
    judgements, failures = judge(NOTHING)
    codes = [each.meta.code for each in judgements]
    assert codes == sorted(codes) and len(codes) == len(all_checks())
    assert not failures
    assert judge(NOTHING)[0] == judgements


def test_nothing_known_is_never_a_pass() -> None:
    for judgement in judge(NOTHING)[0]:
        (verdict,) = judgement.verdicts
        assert isinstance(verdict, Unknown) or (isinstance(verdict, Passed) and not verdict.applies), judgement
        assert not judgement.problems


@pytest.mark.parametrize(
    ("word", "count"), [("XDC404", 1), ("shm-small", 1), ("data-loading", 10), ("XDC4", 10), ("ALL", 85)]
)
def test_checks_are_selected_by_code_prefix_family_and_name(word: str, count: int) -> None:
    prefix = index().prefix(word)
    enabled = frozenset(check.meta.code for check in all_checks() if check.meta.code.startswith(prefix))
    assert len(judge(NOTHING, enabled)[0]) == len(enabled) == count


def test_unknown_word_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean `shm-small`"):
        index().prefix("smh-small")


def test_a_problem_of_a_config_points_at_its_line_and_at_the_fact() -> None:
    setting, other = Setting(8, "workers", PLACE), Setting(2, "devices", Location("other.yaml", Span(1, 1, 1, 2)))
    problem = Problem(
        message="too many",
        consequence="it is slow",
        error_text="UserWarning: many",
        fix="Lower it:",
        command="workers: 4",
        setting=setting,
        fact="cpu.threads",
        evidence="4 CPUs",
        others=(other,),
        severity=Severity.ERROR,
    )
    finding = as_finding(problem, META)
    assert (finding.location, finding.severity) == (PLACE, Severity.ERROR)
    assert finding.message == 'too many: it is slow ("UserWarning: many")'
    assert finding.tip == "Lower it: `workers: 4`"
    assert [(each.location.path, each.note) for each in finding.related] == [
        (f"{FACT}:cpu.threads", "4 CPUs"),
        ("other.yaml", "`devices` is 2"),
    ]


def test_a_problem_of_the_machine_points_at_the_fact() -> None:
    finding = as_finding(Problem(message="full", consequence="it stops", fix="Clean.", fact="disks.0.free"), META)
    assert finding.location.path == f"{FACT}:disks.0.free"
    assert (finding.severity, finding.related, finding.tip) == (Severity.WARNING, (), "Clean.")
