"""Compare what devlint reads in real launch files with a reading by hand.

    python benchmarks/configs.py --root FOLDER [--list]

tests/doctor/config/real_configs.toml names the files (repository, commit, path) and what a person read in them. FOLDER
holds the repositories' trees at those commits, as FOLDER/OWNER/NAME@COMMIT/PATH (the first 7 digits of the commit). A
plan is right if every field of it is as expected, no other field is set, and reading gave no failure. Exits 1 if a plan
is not right.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tomllib
from pathlib import Path
from typing import Any

from devlint.doctor.config.read import read_configs

EXPECTED = Path(__file__).parent.parent / "tests" / "doctor" / "config" / "real_configs.toml"


def differences(config: dict[str, Any], root: Path) -> list[str]:
    """What is not as it was read by hand, one line each."""
    folder = root / f"{config['repository']}@{config['commit'][:7]}"
    plan, failures = read_configs([config["path"]], folder=folder)
    wrong = [f"failure: {failure.location or failure.path}: {failure.message}" for failure in failures]
    plain = {name: setting.value for name, setting in plan.settings().items()}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
    variables = {name: setting.value for name, setting in plan.environment.items()}
    for what, read, expected in (
        ("", plain, config["expect"]),
        ("environment.", variables, config.get("environment", {})),
        (
            "unknown.",
            {name: True for name in plan.unknown if not name.startswith("other.")},
            dict.fromkeys(config.get("unknown", ()), True),
        ),
    ):
        for name in sorted(set(read) | set(expected)):
            if read.get(name) != expected.get(name) or (name in read) != (name in expected):
                wrong.append(
                    f"{what}{name}: read {read.get(name, 'nothing')!r}, by hand {expected.get(name, 'nothing')!r}"
                )
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="the folder with the repositories' trees")
    parser.add_argument("--list", action="store_true", help="print the files as rows of a Markdown table")
    arguments = parser.parse_args()
    configs = tomllib.loads(EXPECTED.read_text(encoding="utf-8"))["config"]
    right: collections.Counter[str] = collections.Counter()
    for config in configs:
        name = f"{config['repository']} {config['path']}"
        if not (arguments.root / f"{config['repository']}@{config['commit'][:7]}" / config["path"]).exists():
            print(f"MISSING {name}")
            continue
        wrong = differences(config, arguments.root)
        right[config["format"]] += not wrong
        for line in wrong:
            print(f"{name}: {line}")
        if arguments.list:
            held_out = " (held out)" if config.get("held_out") else ""
            print(f"| {config['format']}{held_out} | {config['repository']} | `{config['path']}` |")
    totals = collections.Counter(config["format"] for config in configs)
    for name, total in sorted(totals.items()):
        print(f"{name:22} {right[name]:3} of {total}")
    print(f"{'all':22} {sum(right.values()):3} of {len(configs)}")
    return sum(right.values()) != len(configs)


if __name__ == "__main__":
    sys.exit(main())
