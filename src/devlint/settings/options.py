"""The table of devlint's options, and the only place that names them.

Settings files, command-line flags, `--show-settings` and docs/settings.md are all derived from it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from devlint.settings import kinds
from devlint.settings.kinds import Kind

T_co = TypeVar("T_co", covariant=True)


class Group(enum.StrEnum):
    """The headings under which help and documentation show the options."""

    RULES = "Rule selection"
    FILES = "File selection"
    CODE = "What your code may use"
    CHANGE = "Fixes and baseline"
    RUN = "The run"
    DOCTOR = "devlint doctor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Generic[T_co]):
    """One option: `key` in settings files, `--key` on the command line, perhaps also an environment `variable`.

    `help` is one or two plain sentences; `example` is a TOML value; `metavar` stands for the value in `--help`.
    An option that `adds` counts in every layer of settings that gives it; of the others, the strongest layer does.
    A key with a dot belongs to a command of its own: `doctor.target` is `target` in [tool.devlint.doctor].
    """

    key: str
    kind: Kind[T_co]
    default: T_co
    group: Group
    help: str
    example: str
    metavar: str | None = None
    variable: str | None = None
    adds: bool = False

    @property
    def command(self) -> str:
        """The command that takes the option as a flag."""
        return self.key.rpartition(".")[0] or "check"

    @property
    def flag(self) -> str:
        """What it is called on the command line."""
        return f"--{self.key.rpartition('.')[2]}"


SELECT = Option(
    key="select",
    kind=kinds.STRINGS,
    default=("ALL",),
    group=Group.RULES,
    help="Rules to run, by code, prefix of a code, family, name, or ALL. Replaces the selection of weaker settings.",
    example='["placement", "XDV301"]',
    metavar="RULES",
)
IGNORE = Option(
    key="ignore",
    kind=kinds.STRINGS,
    default=(),
    group=Group.RULES,
    help="Rules not to run. If a rule is selected as well, the more specific word wins; a draw means ignored.",
    example='["XDV301"]',
    metavar="RULES",
    adds=True,
)
EXTEND_SELECT = Option(
    key="extend-select",
    kind=kinds.STRINGS,
    default=(),
    group=Group.RULES,
    help="Rules to run on top of the selection of weaker settings.",
    example='["XDV301"]',
    metavar="RULES",
    adds=True,
)
EXTEND_IGNORE = Option(
    key="extend-ignore",
    kind=kinds.STRINGS,
    default=(),
    group=Group.RULES,
    help="The same as `ignore`, which also adds to the weaker settings; kept for those who know it from other linters.",
    example='["portability"]',
    metavar="RULES",
    adds=True,
)
PER_FILE_IGNORES = Option(
    key="per-file-ignores",
    kind=kinds.STRINGS_BY_PATTERN,
    default={},
    group=Group.RULES,
    help="Rules not to run in files that match a gitignore pattern; `!` before a pattern means all other files.",
    example='{ "tests/**" = ["portability"], "!src/**" = ["ALL"] }',
)
PEDANTIC = Option(
    key="pedantic",
    kind=kinds.FLAG,
    default=False,
    group=Group.RULES,
    help="Let prefixes, families and ALL select pedantic rules, and findings of low confidence, too; otherwise only a "
    "rule's code or name does.",
    example="true",
)

EXCLUDE = Option(
    key="exclude",
    kind=kinds.STRINGS,
    default=tuple(
        """
        .bzr .direnv .eggs .git .hg .ipynb_checkpoints .mypy_cache .nox .pants.d .pyenv .pytest_cache .ruff_cache .svn
        .tox .venv .vscode __pycache__ __pypackages__ _build buck-out build dist node_modules site-packages venv
        """.split()
    ),
    group=Group.FILES,
    help="Files and folders to leave out, as gitignore patterns. Virtual environments are left out by any name.",
    example='["third_party", "/docs"]',
    metavar="PATTERNS",
)
EXTEND_EXCLUDE = Option(
    key="extend-exclude",
    kind=kinds.STRINGS,
    default=(),
    group=Group.FILES,
    help="Files and folders to leave out on top of `exclude` and of weaker settings.",
    example='["*_pb2.py"]',
    metavar="PATTERNS",
    adds=True,
)
FORCE_EXCLUDE = Option(
    key="force-exclude",
    kind=kinds.FLAG,
    default=False,
    group=Group.FILES,
    help="Leave out excluded and gitignored paths even when they are named on the command line.",
    example="true",
)
RESPECT_GITIGNORE = Option(
    key="respect-gitignore",
    kind=kinds.FLAG,
    default=True,
    group=Group.FILES,
    help="Leave out what .gitignore files and .git/info/exclude name.",
    example="false",
)

MODULE_BASES = Option(
    key="module-bases",
    kind=kinds.CLASS_NAMES,
    default=(),
    group=Group.CODE,
    help="Base classes from elsewhere whose subclasses are torch.nn modules.",
    example='["mylib.layers.Block"]',
    metavar="CLASSES",
)
DEVICE_TYPES = Option(
    key="device-types",
    kind=kinds.DEVICE_TYPES,
    default=(),
    group=Group.CODE,
    help="Further device types that device strings may name.",
    example='["npu"]',
    metavar="TYPES",
)
FOLLOW_IMPORTS = Option(
    key="follow-imports",
    kind=kinds.FLAG,
    default=True,
    group=Group.CODE,
    help="Read what a file imports from the project around it, such as base classes and helpers. Nothing is imported.",
    example="false",
)
SOURCE_ROOTS = Option(
    key="source-roots",
    kind=kinds.STRINGS,
    default=(),
    group=Group.CODE,
    help="Folders in which absolute imports are looked up first. The root of the package, the folders above it up to "
    "the top of the project, and `src` in these need not be named.",
    example='["lib", "tools/python"]',
    metavar="FOLDERS",
)
TARGET_TORCH: Option[str | None] = Option(
    key="target-torch",
    kind=kinds.VERSION,
    default=None,
    group=Group.CODE,
    help="The oldest PyTorch version that the code must run on. Rules that advise what came later are silent.",
    example='"2.4"',
    metavar="VERSION",
)

FIX = Option(
    key="fix",
    kind=kinds.FLAG,
    default=False,
    group=Group.CHANGE,
    help="Fix what can be fixed without changing what working code does, and report the rest.",
    example="true",
)
UNSAFE_FIXES = Option(
    key="unsafe-fixes",
    kind=kinds.FLAG,
    default=False,
    group=Group.CHANGE,
    help="Let fixing include what may change what working code does.",
    example="true",
)
BASELINE: Option[str | None] = Option(
    key="baseline",
    kind=kinds.STRING,
    default=None,
    group=Group.CHANGE,
    help="A file of known findings, which are not reported; `devlint baseline write` makes it.",
    example='"devlint-baseline.json"',
    metavar="FILE",
)

OUTPUT_FORMAT = Option(
    key="output-format",
    kind=kinds.STRING,
    default="full",
    group=Group.RUN,
    help="How findings are written.",
    example='"concise"',
    metavar="FORMAT",
    variable="DEVLINT_OUTPUT_FORMAT",
)
TIMEOUT = Option(
    key="timeout",
    kind=kinds.SECONDS,
    default=60.0,
    group=Group.RUN,
    help="How many seconds one file may take; a file that takes longer is an error.",
    example="120",
    metavar="SECONDS",
)

DOCTOR_SELECT = Option(
    key="doctor.select",
    kind=kinds.STRINGS,
    default=("ALL",),
    group=Group.DOCTOR,
    help="Checks to run, by code, prefix of a code, family, name, or ALL.",
    example='["memory", "XDC401"]',
    metavar="CHECKS",
)
DOCTOR_IGNORE = Option(
    key="doctor.ignore",
    kind=kinds.STRINGS,
    default=(),
    group=Group.DOCTOR,
    help="Checks not to run. If a check is selected as well, the more specific word wins; a draw means ignored.",
    example='["tf32-off"]',
    metavar="CHECKS",
    adds=True,
)
DOCTOR_TARGET: Option[str | None] = Option(
    key="doctor.target",
    kind=kinds.STRING,
    default=None,
    group=Group.DOCTOR,
    help="The machine that jobs are meant for, as GPUs or as a file of facts; `--no-probe` checks configs against it.",
    example='"8x H100"',
    metavar="GPUS|FILE",
)

OPTIONS: dict[str, Option[Any]] = {each.key: each for each in tuple(globals().values()) if isinstance(each, Option)}
