"""Reading settings: what is taken, and what is said about what cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devlint.settings import load, options
from devlint.settings.errors import SettingsError
from devlint.settings.layers import Settings, defaults
from devlint.settings.options import OPTIONS

HERE = Path.cwd()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('selct = ["ALL"]', "unknown option `selct`; did you mean `select`?"),
        ("per_file_ignores = {}", "unknown option `per_file_ignores`; did you mean `per-file-ignores`?"),
        ("whatever = 1", "unknown option `whatever`"),
        ('select = "ALL"', "select: expected a list of strings, got a string"),
        ("ignore = [1]", "ignore: expected a list of strings, got a list with an integer in it"),
        ("exclude = { a = 1 }", "exclude: expected a list of strings, got a table"),
        ("pedantic = 1", "pedantic: expected a boolean, got an integer"),
        ('pedantic = "true"', "pedantic: expected a boolean, got a string"),
        ("output-format = true", "output-format: expected a string, got a boolean"),
        ("timeout = true", "timeout: expected a number of seconds, got a boolean"),
        ("timeout = 0", "timeout: expected more than 0 seconds, got 0"),
        ("timeout = nan", "timeout: expected more than 0 seconds, got nan"),
        ("timeout = 2024-01-01", "timeout: expected a number of seconds, got a date or time"),
        ("target-torch = 2.4", "target-torch: expected a string, got a float"),
        ('target-torch = "2"', "target-torch: expected a version such as `2.4`, got `2`"),
        ('device-types = ["npu:0"]', "device-types: expected a device type such as `npu`, got `npu:0`"),
        ('module-bases = ["a-b"]', "module-bases: expected a class name such as `mylib.layers.Block`, got `a-b`"),
        ('per-file-ignores = ["a"]', "per-file-ignores: expected a table of lists of strings, got a list"),
        ('per-file-ignores = { "a" = "b" }', "per-file-ignores: expected a list of strings, got a string"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, message):
    inline = f"--config '{text}'"
    with pytest.raises(SettingsError, match=re.escape(f"{inline}: {message}")):
        load.read_inline(text, HERE)
    for name, header in (("devlint.toml", ""), ("pyproject.toml", "[project]\nname = 'x'\n[tool.devlint]\n")):
        file = tmp_path / name
        file.write_text(f"{header}{text}\n")
        line = header.count("\n") + 1
        with pytest.raises(SettingsError, match=re.escape(f"{file.as_posix()}:{line}: {message}")):
            load.read_file(file)


@pytest.mark.parametrize("text", ["select", "select = [", "= 1", 'select = ["ALL"]\nselect = ["ALL"]'])
def test_text_that_is_not_toml(text):
    with pytest.raises(SettingsError, match="not valid TOML"):
        load.read_inline(text, HERE)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"select = ['\xe9']"])
def test_files_that_are_not_utf_8(tmp_path, data):
    (tmp_path / "devlint.toml").write_bytes(data)
    with pytest.raises(SettingsError, match="not valid TOML"):
        load.read_file(tmp_path / "devlint.toml")


@pytest.mark.parametrize(
    "text", ["", "[tool.other]\nselect = 1\n", "[broken", "[tool]\nblack = 'devlint'\n", "tool = 1 # devlint\n"]
)
def test_pyproject_files_of_others_are_none_of_ours(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    assert load.find(tmp_path) is None


def test_our_table_must_be_a_table(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool]\ndevlint = 1\n")
    with pytest.raises(SettingsError, match=r"\[tool.devlint\] must be a table"):
        load.find(tmp_path)


def test_line_of_a_sub_table(tmp_path):
    others = "[tool.other]\nper-file-ignores = 1\n\n"
    ours = "[tool.devlint]\npedantic = true\n\n[tool.devlint.per-file-ignores]\na = 1\n"
    (tmp_path / "pyproject.toml").write_text(others + ours)
    with pytest.raises(SettingsError, match="pyproject.toml:7: per-file-ignores: "):
        load.find(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "devlint.toml").write_bytes(b"\xef\xbb\xbfpedantic = true\n")
    assert load.find(tmp_path).values == {"pedantic": True}


def test_places_are_said_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "devlint.toml").write_text("x = 1\n")
    with pytest.raises(SettingsError, match="^sub/devlint.toml:1: unknown option `x`"):
        load.find(tmp_path / "sub")


def test_environment():
    assert load.read_environment({"DEVLINT_OUTPUT_FORMAT": "json", "HOME": "/"}, HERE).values == {
        "output-format": "json"
    }
    assert load.read_environment({"DEVLINT_OUTPUT_FORMAT": ""}, HERE).values == {}


@pytest.mark.parametrize("key", OPTIONS)
def test_defaults_are_values_that_the_option_could_have(key):
    option = OPTIONS[key]
    written = list(option.default) if isinstance(option.default, tuple) else option.default
    assert option.default is None or option.kind.read(written) == option.default
    assert Settings((defaults(HERE),))[option] == option.default


def test_the_strongest_layer_wins_unless_the_option_adds():
    weak = load.read_inline('exclude = ["a"]\nextend-exclude = ["b"]\ntimeout = 1', HERE)
    strong = load.read_inline('exclude = ["c"]\nextend-exclude = ["d"]', HERE)
    settings = Settings((defaults(HERE), weak, strong))
    assert settings[options.EXCLUDE] == ("c",)
    assert settings[options.TIMEOUT] == 1.0
    assert settings.layers_of(options.EXTEND_EXCLUDE) == (weak, strong)
    verdicts = {name: any(globs.verdict(HERE / name) for globs in settings.excludes) for name in "abcd"}
    assert verdicts == {"a": False, "b": True, "c": True, "d": True}


def test_a_pattern_that_is_none_is_named():
    settings = Settings((defaults(HERE), load.read_inline('exclude = ["!"]', HERE)))
    with pytest.raises(SettingsError, match="exclude: .*'!'"):
        _ = settings.excludes
