"""Text to placed nodes and words: values are those of the tools' own parsers, places hold the text, nothing raises."""

from __future__ import annotations

import json
import shlex
import string
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from devlint.doctor.config.nodes import Malformed, Node, Places
from devlint.doctor.config.syntax.json import parse_json
from devlint.doctor.config.syntax.python import parse_python
from devlint.doctor.config.syntax.shell import parse_shell
from devlint.doctor.config.syntax.toml import parse_toml
from devlint.doctor.config.syntax.words import LONGEST
from devlint.doctor.config.syntax.yaml import parse_yaml
from devlint.findings import Location

Parse = Callable[[str, Places], tuple[list[Node], list[Malformed]]]

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=20)
KEYS = st.text(string.ascii_letters + "_é", min_size=1, max_size=8)
TREES = st.recursive(
    SCALARS, lambda part: st.lists(part, max_size=4) | st.dictionaries(KEYS, part, max_size=4), max_leaves=15
)
TEXTS = st.text(max_size=200) | st.text("{}[]:,-'\"#\n \t\\$()`|&<>;=*!.abc01", max_size=80)


def plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, tuple) else node.value


def scalars(node: Node) -> list[Node]:
    children = [*node.mapping.values(), *node.items]
    return [each for child in children for each in scalars(child)] if children else [node]


def written(places: Places, location: Location) -> str:
    start, end = places.offsets(location)
    return places.text[start:end]


@given(TREES, st.sampled_from([None, 2]))
def test_json_values_and_places(tree: Any, indent: int | None) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=False)
    places = Places("x.json", text)
    (root,), problems = parse_json(text, places)
    assert not problems
    assert plain(root) == tree
    for node in scalars(root):
        assert json.loads(written(places, node.location)) == plain(node)


@given(TREES, st.booleans())
def test_yaml_values_and_places(tree: Any, flow: bool) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow)
    assume(yaml.safe_load(text) == tree)  # PyYAML itself loses "\x85"
    places = Places("x.yaml", text)
    (root,), problems = parse_yaml(text, places)
    assert not problems
    assert plain(root) == tree
    for node in scalars(root):
        if "\n" not in written(places, node.location):
            assert yaml.safe_load(written(places, node.location)) == plain(node)


@pytest.mark.parametrize("parse", [parse_json, parse_yaml, parse_toml, parse_python])
@given(text=TEXTS)
def test_documents_never_raise(parse: Parse, text: str) -> None:
    places = Places("x", text)
    roots, problems = parse(text, places)
    for problem in problems:
        assert "\n" not in problem.message
        assert problem.location.span.line <= text.count("\n") + 1
    for root in roots:
        assert all(isinstance(key, str) for key, _ in root.walk())


@given(TEXTS)
def test_shell_never_raises(text: str) -> None:
    places = Places("x.sh", text)
    for command in parse_shell(text, places).commands:
        for word in command.words:
            node = word.node(places)
            assert (node.value is None) == (node.unknown is not None)


@given(st.lists(st.text(string.printable, min_size=1, max_size=12), min_size=1, max_size=5))
def test_shell_words_are_those_of_shlex(arguments: list[str]) -> None:
    text = "run " + shlex.join(arguments)
    places = Places("x.sh", text)
    (command,) = parse_shell(text, places).commands
    assert [word.text for word in command.words[1:]] == arguments
    for word in command.words[1:]:
        if "'" not in word.text:
            assert written(places, word.node(places).location).strip("'") == word.text.strip("'")


@given(st.lists(st.from_regex(r"[a-z0-9./=-]{1,8}", fullmatch=True), min_size=1, max_size=4))
def test_variables_keep_the_place_of_their_value(values: list[str]) -> None:
    lines = [f"V{number}={value}" for number, value in enumerate(values)]
    text = "\n".join([*lines, "run " + " ".join(f"$V{number}" for number in range(len(values)))])
    places = Places("x.sh", text)
    command = parse_shell(text, places).commands[-1]
    assert [word.text for word in command.words[1:]] == values
    for number, word in enumerate(command.words[1:]):
        location = word.node(places).location
        assert (location.span.line, written(places, location)) == (number + 1, values[number])


WORDS = {
    "continuation": ("run a \\\n  b", ["run", "a", "b"]),
    "comment": ("run a # b\n", ["run", "a"]),
    "no comment": ("run a#b", ["run", "a#b"]),
    "quotes": ("run 'a b'\"c $X d\"", ["run", "a bc ? d"]),
    "default": ("run ${X:-4} ${Y-a b}", ["run", "4", "a", "b"]),
    "set beats default": ("X=2\nrun ${X:-4}", ["run", "2"]),
    "nested default": ("run ${X:-${Y:-7}}", ["run", "7"]),
    "appended": ("X=a\nX+=b\nrun $X", ["run", "ab"]),
    "split": ("X='--a 1'\nrun $X \"$X\"", ["run", "--a", "1", "--a 1"]),
    "glued": ("X='1 2'\nrun a${X}b", ["run", "a1", "2b"]),
    "array": ('A=(--a "1 2"\n--b) ; run "${A[@]}" x"${A[0]}"', ["run", "--a", "1 2", "--b", "x--a"]),
    "array grows": ('A=(a)\nA+=(b)\nrun "${A[@]}"', ["run", "a", "b"]),
    "arithmetic": ("N=4\nrun $((N * 2 + ${N}))", ["run", "12"]),
    "unknown arithmetic": ("run $((N * 2))", ["run", "?"]),
    "command": ("run $(nproc --all) `hostname`", ["run", "?", "?"]),
    "redirections": ("run a > log 2>&1 < in &> all b", ["run", "a", "b"]),
    "here document": ("run <<'EOF' a\nnope $X\nEOF\n", ["run", "a"]),
    "here string": ("run <<< 'no words' a", ["run", "a"]),
    "script's arguments": ('run "$@" $1 ${@:2}', ["run", "?"]),
    "export": ("export X=3\nrun $X", ["run", "3"]),
    "prefix is no assignment": ("X=1\nX=2 true\nrun $X", ["run", "1"]),
    "loop": ("for x in 1 2; do run $x; done", ["run", "?"]),
    "loop over one": ("for x in 1; do run $x; done", ["run", "1"]),
    "last of a pipe": ("cat x | run a && run b", ["run", "b"]),
    "branch not taken": (
        "X=a\nif [ $X = b ]; then Y=1; elif [[ $X == a ]]; then Y=2; else Y=3; fi; run $Y",
        ["run", "2"],
    ),
    "else taken": ("if [ 2 -lt 1 ]; then Y=1; else Y=2; fi; run $Y", ["run", "2"]),
    "two conditions": ("if [ a = b ] || true; then Y=1; fi; run $Y", ["run", "1"]),
    "nested branch": ("if [ a = b ]; then if true; then run x; fi; fi; run y", ["run", "y"]),
    "branch": ("if [ -z $X ]; then X=5; fi; run $X", ["run", "5"]),
    "empty": ("X=\nrun $X '' \"$X\"", ["run", "", ""]),
}


@pytest.mark.parametrize("name", WORDS)
def test_shell(name: str) -> None:
    text, words = WORDS[name]
    command = parse_shell(text, Places("x.sh", text)).commands[-1]
    assert [word.text.replace("\0", "?") for word in command.words] == words


UNKNOWN = {
    "run $BATCH": "`$BATCH` is not set in this file",
    "run $1": "it is argument 1 of the script",
    "run $(nproc)": "it is what `nproc` prints",
    "run $((A * 2))": "`A` in `A * 2` is not known",
    "run ${X%.yaml}": "`${X%.yaml}` is not worked out",
}


@pytest.mark.parametrize("text", UNKNOWN)
def test_unknown_says_why(text: str) -> None:
    places = Places("x.sh", text)
    node = parse_shell(text, places).commands[-1].words[1].node(places)
    assert (node.unknown, node.value) == (UNKNOWN[text], None)


def test_what_a_branch_assigns_is_uncertain() -> None:
    text = "X=1\nif true; then Y=2; fi\nrun $X $Y"
    places = Places("x.sh", text)
    nodes = [word.node(places) for word in parse_shell(text, places).commands[-1].words[1:]]
    assert [(node.value, node.certain) for node in nodes] == [("1", True), ("2", False)]


PYTHON = {
    "a = 1\nb = dict(c=a, d=[a, 'x'])": {"a": 1, "b": {"c": 1, "d": [1, "x"]}},
    "n = 2 * 3\nm = -n / 4\nk = 2 ** 9": {"n": 6, "m": -1.5, "k": None},
    "a = dict(x=1)\na.update(dict(x=2), y=3)": {"a": {"x": 2, "y": 3}},
    "a = {**dict(x=1), 'y': 2}\na['x'] = 5": {"a": {"x": 5, "y": 2}},
    "train = get()\ntrain.amp.enabled = True": {"train": {"_target_": "get", "amp": {"enabled": True}}},
    "o = L(torch.optim.AdamW)(lr=1e-4)": {"o": {"lr": 1e-4, "_target_": "torch.optim.AdamW"}},
    "_hidden = 1\na = __import__('os').system('exit 1')": {"a": {"_target_": None}},
    "a = f'{b}'\nc = open('x').read()": {"a": None, "c": {}},
}


@pytest.mark.parametrize("text", PYTHON)
def test_python_is_read_and_never_run(text: str) -> None:
    (root,), problems = parse_python(text, Places("x.py", text))
    assert not problems
    assert plain(root).keys() == PYTHON[text].keys()
    if "__import__" not in text:
        assert plain(root) == PYTHON[text]


def test_yaml_documents_anchors_and_merges() -> None:
    text = "base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\nlist: {<<: [*b, {z: 4}]}\n---\nsecond: no\n"
    roots, problems = parse_yaml(text, Places("x.yaml", text))
    assert not problems
    assert plain(roots[0])["use"] == {"y": 3, "x": 1}
    assert plain(roots[0])["list"] == {"x": 1, "y": 2, "z": 4}
    second = roots[1].mapping["second"]
    assert (second.value, second.text) == (False, "no")


BROKEN: dict[str, tuple[Parse, str, str, str]] = {
    "yaml": (parse_yaml, "a: 1\nb: [1, 2\nc: 3\n", "x:3:2", "not valid YAML"),
    "yaml tab": (parse_yaml, "a:\n\tb: 1\n", "x:2:1", "not valid YAML"),
    "yaml template": (parse_yaml, "a: 1\nb: {{ .Values.b }} {{ c }}\n", "x:2:20", "looks like a template"),
    "yaml duplicate": (parse_yaml, "a: 1\nb: 2\na: 3\n", "x:3:1", "`a` stands here twice"),
    "yaml unknown anchor": (parse_yaml, "a: *b\n", "x:1:4", "names an anchor that no `&` defines"),
    "yaml circle": (parse_yaml, "a: &b [*b]\n", "x:1:8", "names an anchor inside of itself"),
    "yaml deep": (parse_yaml, "[" * 5000, "x:1:102", "nested more than 100 levels deep"),
    "yaml deep and broken": (parse_yaml, "a: " + "[" * 200 + "}", "x:1:104", "nested more than 100 levels deep"),
    "yaml broken and deep": (parse_yaml, "a: 1\nb: }\nc: " + "[" * 200, "x:2:4", "not valid YAML"),
    "json": (parse_json, '{"a": 1,\n "b" 2}', "x:2:6", "`:` is expected after the key `b`"),
    "json word": (parse_json, '{"a": fp16}', "x:1:7", "`fp16` is no value"),
    "json end": (parse_json, '{"a": [1, 2}', "x:1:12", "`,` or `]` is expected"),
    "json duplicate": (parse_json, '{"a": 1, "a": 2}', "x:1:10", "`a` stands here twice"),
    "json string": (parse_json, '{"a": "x}', "x:1:7", "unterminated string"),
    "json deep": (parse_json, "[" * 5000, "x:1:102", "nested more than 100 levels deep"),
    "toml": (parse_toml, "a = 1\nb = \n", "x:2:5", "not valid TOML"),
    "toml duplicate": (parse_toml, "a = 1\na = 2\n", "x:2:6", "not valid TOML"),
    "python": (parse_python, "a = 1\nb = (\n", "x:2:5", "not valid Python"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    parse, text, place, message = BROKEN[name]
    _, problems = parse(text, Places("x", text))
    assert [str(problem.location) for problem in problems] == [place]
    assert message in problems[0].message


def test_documents_before_an_error_are_kept() -> None:
    text = "a: 1\n---\nb: [\n"
    roots, problems = parse_yaml(text, Places("x", text))
    assert [plain(root) for root in roots] == [{"a": 1}]
    assert len(problems) == 1


def test_doubling_variables_end() -> None:
    text = "A=ab\n" + 'A="$A$A"\n' * 40 + "run $A"
    (command,) = parse_shell(text, Places("x.sh", text)).commands
    assert len(command.words[1].text) <= LONGEST
