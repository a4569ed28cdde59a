"""Which cells of a notebook are read, and what is said about a file that is no notebook."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devlint.source.notebook import python_cells
from devlint.source.text import SourceError


def code(source: object) -> dict[str, Any]:
    return {"cell_type": "code", "source": source}


def kernel(name: str) -> dict[str, Any]:
    return {"kernelspec": {"language": name}}


TEXT = {"cell_type": "markdown", "source": "# Title"}


@pytest.mark.parametrize(
    ("notebook", "cells"),
    [
        ({"cells": []}, {}),
        ({"cells": [TEXT, code("a"), {"cell_type": "raw", "source": "r"}, code(["b\n", "c"])]}, {2: "a", 4: "b\nc"}),
        ({"cells": [code("a\r\nb\rc")]}, {1: "a\nb\nc"}),
        ({"cells": [code("\ud800\0")]}, {1: "\ufffd\ufffd"}),
        ({"cells": [code("a")], "metadata": kernel("python")}, {1: "a"}),
        ({"cells": [code("a")], "metadata": {"language_info": {"name": "ipython"}}}, {1: "a"}),
        ({"cells": [code("a")], "metadata": kernel("julia")}, {}),
        ({"cells": [code("a")], "metadata": {"language_info": {"name": "R"}, **kernel("python")}}, {}),
        ({"cells": [code("a")], "metadata": {"language_info": None, "kernelspec": []}}, {1: "a"}),
        ({"cells": [code(None), code(5), code([1, "a"])]}, {1: "", 2: "", 3: "a"}),
        (
            {
                "nbformat": 3,
                "worksheets": [
                    {"cells": [TEXT, {"cell_type": "code", "language": "python", "input": ["a\n", "b"]}]},
                    {
                        "cells": [
                            {"cell_type": "code", "language": "ruby", "input": "r"},
                            {"cell_type": "code", "input": "c"},
                        ]
                    },
                ],
            },
            {2: "a\nb", 4: "c"},
        ),
    ],
)
def test_code_cells_are_read_under_their_numbers(notebook: dict[str, Any], cells: dict[int, str]) -> None:
    assert dict(python_cells(json.dumps(notebook).encode())) == cells


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b"", "not valid JSON", 1),
        (b'{\n"cells": [}', "not valid JSON", 2),
        (b"\xff", "not readable as JSON", None),
        (b"[" * 100_000, "JSON", None),
        (b"[]", "its JSON is no object", None),
        (b"{}", "no list of `cells`", None),
        (b'{"cells": 1}', "no list of `cells`", None),
        (b'{"worksheets": [{"cells": 1}]}', "no list of `cells`", None),
        (b'{"cells": [{}, 2]}', "its cell 2", None),
    ],
)
def test_what_is_no_notebook_is_said_in_one_line(data: bytes, words: str, line: int | None) -> None:
    with pytest.raises(SourceError) as caught:
        list(python_cells(data))
    assert str(caught.value).startswith("not a notebook: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    if line:
        assert caught.value.line == line
