"""One device move broken at a time in scripts that are right: what `devlint rehearse` and `devlint check` find of it.

    python benchmarks/rehearse_mutants.py [--repos FOLDER] [--torchvision FOLDER] [--only WORD] [--list | --static]

The scripts are those of rehearse_scripts.py, which says what `--repos` and `--torchvision` are; without them, only the
scripts of tests/fixtures/rehearse. Every operator is applied at every place that it fits. rehearse_mutants.tsv says of
each mutant where it stops on a real GPU (the text of the line; several, in the order in which they come to light, where
the mistake would stop the script again further on), or `-` if it runs there, and why by PyTorch's own rules; these
labels were written from the source, before the rehearsal was run. Mutants which fail on the CPU as well do not count.
`--list` prints the mutants that have no label. `--static` runs `devlint check` on the mutants, not the rehearsal.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import csv
import importlib
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearse_operators import OPERATORS, Source
from training_scripts import FIXTURES, SCRIPTS, SHIM, Script

LABELS = Path(__file__).with_suffix(".tsv")
STEPS = 2
"""Optimizer steps, and batches of each loader, of the scripts that are not small."""
LIMIT = 240
"""Seconds of processor time that a mutant may take."""
SKIPPED = {
    "AMP fp16 + GradScaler", "AMP off", "nanoGPT bf16", "nanoGPT fp16", "nanoGPT DDP", "multigpu",
    "mnist_forward_forward", "regression",
}  # fmt: skip
"""Most have the same files as another script."""
FILES = {
    "nanoGPT fp32": ("train.py", "model.py"),
    "minGPT adder": ("mingpt/model.py", "mingpt/trainer.py", "projects/adder/adder.py"),
    "single_gpu": ("single_gpu.py",),
    "word LSTM": ("main.py", "model.py"),
    "word Transformer": ("main.py", "model.py"),
}
"""Of folders with several programs, the files that the script runs."""
EXTRA = [
    Script(f"small {name.replace('_', ' ')}", f"{name}.py")
    for name in ("char_lstm", "masked_transformer", "vae", "gan", "dqn", "bag_of_words", "seq2seq", "diffusion")
]

# ------------------------------------------------------------------------------------------------------------ mutants


@dataclass(frozen=True)
class Mutant:
    """A script with one place changed; `site` is the line's text, and which of the places on such lines it is."""

    script: Script
    file: str
    operator: str
    site: str
    line: int
    data: bytes

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.script.name, self.file, self.operator, self.site


@dataclass(frozen=True)
class Label:
    """The lines at which the real device stops, the first of them first; none if it does not."""

    lines: tuple[str, ...]
    why: str


def mutants(script: Script, options: argparse.Namespace) -> Iterator[Mutant]:
    folder = Path(options.repos) / script.repository / script.folder if script.repository else FIXTURES
    for name in FILES.get(script.name, script.command.split()[:1]):
        source = Source(folder / name)
        seen: Counter[tuple[str, str]] = Counter()
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.expr):
                continue
            for operator in OPERATORS:
                text = operator(node, source)
                if text is None:
                    continue
                site = source.line(node.lineno)
                seen[operator.__name__, site] += 1
                number = seen[operator.__name__, site]
                data = source.replaced(node, text)
                with contextlib.suppress(SyntaxError):
                    ast.parse(data)
                    yield Mutant(
                        script, name, operator.__name__,
                        f"{site}  #{number}" if number > 1 else site, node.lineno, data,
                    )  # fmt: skip


def labels() -> dict[tuple[str, ...], Label]:
    with LABELS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return {tuple(row[:4]): Label(() if row[4] == "-" else tuple(row[4].split(" || ")), row[5]) for row in rows}


# ----------------------------------------------------------------------------------------------------------- rehearse


@dataclass(frozen=True)
class Result:
    """What was found: (code, line's text, line number) of each finding, and why the script stopped, if it did."""

    findings: tuple[tuple[str, str, int], ...]
    failure: str


def rehearsed(mutant: Mutant, options: argparse.Namespace) -> Result:
    """In a process of its own, forked from this one, in which PyTorch is imported already."""
    with tempfile.TemporaryDirectory() as scratch:
        answer, log = Path(scratch) / "answer.json", Path(scratch) / "log"
        child = os.fork()
        if child == 0:
            _rehearse_in_child(mutant, options, Path(scratch), answer, log)
        os.waitpid(child, 0)
        if not answer.exists():
            return Result((), "took too long, or died: " + log.read_text(errors="replace")[-300:])
        found = json.loads(answer.read_text())
        return Result(tuple(map(tuple, found["findings"])), found["failure"])


def _rehearse_in_child(mutant: Mutant, options: argparse.Namespace, scratch: Path, answer: Path, log: Path) -> None:
    import signal

    from devlint.rehearse.run import Job, rehearse

    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        sink = os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(sink, 1), os.dup2(sink, 2)
        words = _prepare(mutant, options, scratch / "work")
        steps = STEPS if mutant.script.repository or mutant.script.name == "digits" else None
        outcome = rehearse(Job(words[0], tuple(words[1:]), steps=steps))
        findings = [
            (each.code, _line(each.location.path, each.location.span.line), each.location.span.line)
            for result in outcome.results
            for each in result.findings
        ]
        failure = outcome.failures[0].message if outcome.failures else ""
        answer.write_text(json.dumps({"findings": findings, "failure": failure}))
    except BaseException:
        answer.write_text(json.dumps({"findings": [], "failure": traceback.format_exc()[-600:]}))
    finally:
        os._exit(0)


def _prepare(mutant: Mutant, options: argparse.Namespace, work: Path) -> list[str]:
    """The script's folder with the mutant in it, as current folder; returns the command line."""
    script = mutant.script
    source = Path(options.repos) / script.repository / script.folder if script.repository else FIXTURES
    shutil.copytree(source, work, ignore=shutil.ignore_patterns(".git"))
    script.prepare(work)
    (work / mutant.file).write_bytes(mutant.data)
    os.chdir(work)
    for variable in script.variables:
        name, _, value = variable.partition("=")
        os.environ[name] = value
    sys.path += [str(work / each) for each in script.imports]
    if script.needs_torchvision:
        exec(SHIM, {})  # as sitecustomize does
        sys.path.append(os.path.abspath(options.torchvision))
    return [*script.command.split(), *script.gpu.split()]


def _line(path: str, number: int) -> str:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return lines[number - 1].strip() if number <= len(lines) else ""


# -------------------------------------------------------------------------------------------------------------- check


def checked(mutant: Mutant, known: set[tuple[str, str]]) -> Result:
    """What `devlint check` says on the mutant's file that it does not say on the file as it was (`known`)."""
    from common import lint_settings

    from devlint.lint import check_source

    result = check_source(mutant.data, mutant.file, lint_settings(pedantic=False))
    lines = mutant.data.decode().splitlines()
    found = [
        (each.code, lines[each.location.span.line - 1].strip(), each.location.span.line) for each in result.findings
    ]
    return Result(tuple(each for each in found if each[:2] not in known), "")


# ------------------------------------------------------------------------------------------------------------- verdict


def judge(mutant: Mutant, label: Label, result: Result, *, static: bool = False) -> str:
    """`found` and `clean` are right, the others say what is wrong; a `static` finding may be where the mistake is."""
    lines = [text for _, text, _ in result.findings]
    if not label.lines:
        return "false finding" if lines else "clean"
    if len({number for _, _, number in result.findings}) < len(lines):
        return "twice at a line"
    changed = mutant.data.decode().splitlines()[mutant.line - 1].strip()
    expected = [changed if each == "<the changed line>" else each for each in label.lines]
    if static and expected and changed in lines:
        return "found"
    if expected[0] not in lines:
        return "other line" if lines else "missed"
    return "found" if set(lines) <= set(expected) else "found, and more"


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    table: dict[str, Counter[str]] = {}
    known_labels = labels() if LABELS.exists() else {}
    if not (options.list or options.static):
        for name in ("torch._dynamo", "devlint.rehearse.run"):
            importlib.import_module(name)
    for script in [*SCRIPTS, *EXTRA]:
        if options.only not in script.name or script.name in SKIPPED or (script.repository and not options.repos):
            continue
        if script.needs_torchvision and not options.torchvision:
            continue
        for mutant in mutants(script, options):
            label = known_labels.get(mutant.key)
            if options.list:
                if label is None:
                    print("\t".join([*mutant.key, mutant.data.decode().splitlines()[mutant.line - 1].strip(), ""]))
                continue
            if label is None or label.why.startswith("not counted"):
                continue
            result = _static(mutant, options) if options.static else rehearsed(mutant, options)
            verdict = judge(mutant, label, result, static=options.static)
            table.setdefault(mutant.operator, Counter())[verdict] += 1
            if verdict not in ("found", "clean") or options.verbose:
                print(f"{verdict}: {script.name} {mutant.file}:{mutant.line} {mutant.operator}: {mutant.site}")
                print(f"    expected {label.lines}, {label.why}")
                print(f"    got {result.findings} {result.failure}", flush=True)
    return _print_table(table) if table else 0


def _static(mutant: Mutant, options: argparse.Namespace) -> Result:
    folder = Path(options.repos or ".") / mutant.script.repository / mutant.script.folder
    original = ((folder if mutant.script.repository else FIXTURES) / mutant.file).read_bytes()
    before = checked(Mutant(mutant.script, mutant.file, "", "", 1, original), set())
    return checked(mutant, {each[:2] for each in before.findings})


def _print_table(table: dict[str, Counter[str]]) -> int:
    verdicts = ["found", "found, and more", "other line", "missed", "twice at a line", "clean", "false finding"]
    print("| operator | " + " | ".join(verdicts) + " |\n|" + " --- |" * (len(verdicts) + 1))
    total: Counter[str] = Counter()
    for operator in (each.__name__ for each in OPERATORS):
        if operator in table:
            total += table[operator]
            print(f"| {operator} | " + " | ".join(str(table[operator][each] or "") for each in verdicts) + " |")
    print("| all | " + " | ".join(str(total[each] or "") for each in verdicts) + " |")
    failing = sum(total[each] for each in verdicts[:5])
    hits = total["found"] + total["found, and more"]
    print(f"{hits} of {failing} that fail on a GPU are reported at the right line ({hits / max(failing, 1):.1%}).")
    return 0 if hits >= 0.95 * failing and not total["twice at a line"] and not total["false finding"] else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repos")
    parser.add_argument("--torchvision")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--static", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
