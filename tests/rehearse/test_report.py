"""What a rehearsal measured, in text, JSON and HTML."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from devlint.cli.main import main

pytest.importorskip("torch")

SCRIPT = """\
import torch

model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU()).to("cuda")
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
kept = []
for _ in range(5):
    loss = model(torch.ones(32, 64).to("cuda")).sum() + torch.ones(1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    kept.append(torch.zeros(1024, device="cuda"))
    print("<loss>" if loss.item() > 0 else "")
"""
PURPOSES = ["parameters", "gradients", "optimizer_state", "activations", "inputs", "other"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a script's rehearsal: text.txt, record.json and page.html."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "train.py").write_text(SCRIPT, encoding="utf-8")
    files = ["--json", "record.json", "--html", "page.html", "-o", "text.txt"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["rehearse", "--fake-data", *files, "train.py"]) == 1
    return folder


def test_text(written: Path) -> None:
    text = (written / "text.txt").read_text(encoding="utf-8")
    title = r"^Memory of cuda:0 \(GeForce RTX 4090, 24.0 GiB\): peak \d+\.\d KiB of tensors$"
    assert re.search(title, text, re.MULTILINE)
    assert re.search(r"^ +16\.5 KiB +\d+%  parameters$", text, re.MULTILINE)
    assert "Each step leaves 4.0 KiB more behind" in text
    assert "train.py:11  kept.append(torch.zeros(1024" in text
    assert "in each step, the host waits 1 \u00d7 for the device" in text
    assert re.search(r"^ +1 +5  train.py:12  loss.item\(\)  reads a value$", text, re.MULTILINE)
    assert "Invented values" in text


def test_json(written: Path) -> None:
    record = json.loads((written / "record.json").read_text(encoding="utf-8"))
    (memory,) = record["memory"]
    assert list(memory["at_peak"]) == PURPOSES
    assert (
        sum(memory["at_peak"].values())
        == memory["peak"]
        == max(sum(point[name] for name in PURPOSES) for point in memory["timeline"])
    )
    for rows in (memory["by_module"], memory["by_line"]):
        assert sum(row["size"] for row in rows) == memory["peak"]
    assert [each["code"] for each in record["findings"]] == ["XDR101"]
    assert record["steps"] == len(memory["steps"]) == 5
    assert memory["growth"]["each_step"] == 4096
    assert record["errors"] == [] and record["largest_batch"] is None
    assert {(each["kind"], each["each_step"]) for each in record["traffic"]} >= {("value", 1), ("to_device", 1)}


class Tags(HTMLParser):
    """Collects tags and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page(written: Path) -> None:
    text = (written / "page.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert tags.open == [] and tags.addresses == []
    assert {"svg", "polygon", "table"} <= tags.seen and not {"script", "link", "img"} & tags.seen
    assert "url(" not in text and "prefers-color-scheme: dark" in text
    assert "&lt;loss&gt;" not in text and "<loss>" not in text
    assert "XDR101" in text and "reads a value" in text and "Memory grows" in text
