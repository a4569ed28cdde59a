"""Builds the catalogue of GPUs: imported cards and the reviewed corrections, which have the last word.

Reads `dev/imported/huggingface.json` and `doctor/catalog/corrections.toml`; writes `doctor/catalog/gpus.json`. Fails
with CatalogError if an imported card is neither corrected nor set aside, so that nothing enters unseen. With the paths
of other people's files it renews the imported tables first (see `dev.imports`); it never goes online.
"""

from __future__ import annotations

import json
import sys
import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devlint.dev import imports
from devlint.doctor.catalog import architectures
from devlint.doctor.catalog.names import key_of

Row = dict[str, Any]

CATALOG = Path(architectures.__file__).parent
CORRECTIONS = CATALOG / "corrections.toml"
CARDS = CATALOG / "gpus.json"
PCI = CATALOG / "pci.json"
IMPORTED = Path(__file__).parent / "imported" / "huggingface.json"
_RATES = ("fp16", "bf16", "tf32", "fp8")
_COLUMNS = (
    "name vendor architecture segment year memory compute_capability gfx bus_width bandwidth tdp fp32 fp16 bf16 tf32 "
    "fp8 unified aliases source date"
).split()


class CatalogError(Exception):
    """The sources do not fit together; the message says which card and what to do."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--check", action="store_true", help="only say whether the catalogue is out of date")
    parser.add_argument(
        "--huggingface",
        nargs=3,
        metavar=("FOLDER", "COMMIT", "DATE"),
        help="the folder of hardware*.ts (packages/tasks/src of huggingface/huggingface.js), and of when it is",
    )
    parser.add_argument(
        "--pci",
        nargs=3,
        type=Path,
        metavar=("SUPPORTED_GPUS", "README", "AMDGPU_IDS"),
        help="supported-gpus.json of an NVIDIA driver, README.md of its open kernel modules, and libdrm's amdgpu.ids",
    )


def run(options: Namespace) -> int:
    """Renew what was given, build the catalogue or check it, and return the exit code."""
    try:
        if options.huggingface:
            folder, commit, date = options.huggingface
            _write(IMPORTED, _json(imports.huggingface(Path(folder), {"commit": commit, "date": date})))
        if options.pci:
            supported, readme, amdgpu = options.pci
            _write(PCI, _json(imports.pci_ids(supported, readme, amdgpu, _corrections()["pci"])))
        text = build(json.loads(IMPORTED.read_text(encoding="utf-8")), _corrections())
    except (CatalogError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if not options.check:
        _write(CARDS, text)
    elif CARDS.read_text(encoding="utf-8") != text:
        print(f"{CARDS} is out of date: run `python -m devlint.dev catalog`", file=sys.stderr)
        return 1
    return 0


def _corrections() -> Row:
    return tomllib.loads(CORRECTIONS.read_text(encoding="utf-8"))


def _json(document: Row) -> str:
    return json.dumps(document, indent=0, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def build(imported: Row, corrections: Row) -> str:
    """The text of gpus.json: a card on a line."""
    rows = list(_rows(imported, corrections))
    sources = {**corrections["sources"], "huggingface": {**corrections["sources"]["huggingface"], **imported["origin"]}}
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{{"sources": {json.dumps(sources, indent=1)},\n"cards": [\n{lines}\n]}}\n'


def _rows(imported: Row, corrections: Row) -> Iterator[Row]:
    left = {name: row for name, row in imported["cards"].items() if name not in corrections["not-taken"]}
    if unknown := sorted(set(corrections["not-taken"]) - set(imported["cards"])):
        raise CatalogError(f"[not-taken] names cards that are not in the imported table: {', '.join(unknown)}")
    for group in corrections["group"]:
        shared = {key: value for key, value in group.items() if key != "cards"}
        for short, own in group["cards"].items():
            name = f"{shared.get('prefix', '')}{short}{shared.get('suffix', '')}"
            known = _imported_name(name, own.get("hf"), left)
            yield _row(name, {**shared, **own}, left.pop(known) if known else {}, imported, corrections)
    if left:
        names = ", ".join(sorted(left))
        raise CatalogError(f"no group of corrections.toml has, and [not-taken] does not name: {names}")


def _imported_name(name: str, given: str | None, left: Row) -> str | None:
    """What the imported table calls a card: what the correction says, or the name with the same words."""
    if given is not None:
        if given not in left:
            raise CatalogError(f"{name}: `hf` names {given}, which is not in the imported table or is taken twice")
        return given
    return next((each for each in left if key_of(each) == key_of(name)), None)


def _row(name: str, own: Row, known: Row, imported: Row, corrections: Row) -> Row:
    """One card; `own` is what the corrections say of it, `known` the imported row, if any."""
    try:
        fp32 = own["fp32"] if "fp32" in own else known["tflops"] / own.get("half_rate", 1)
        rates = {each: own[each] if each in own else own["matrix"][each] * fp32 for each in _RATES if _has(own, each)}
        capability = own.get("cc", known.get("cc"))
        gfx = own.get("gfx", known.get("gfx"))
        row = {
            "name": name,
            "vendor": own["vendor"],
            "architecture": own.get("architecture") or _architecture(capability, gfx),
            "segment": own["segment"],
            "year": known.get("year", own.get("year")),
            "memory": own.get("memory", known.get("memory")),
            "compute_capability": [int(part) for part in capability.split(".")] if capability else None,
            "gfx": gfx,
            "bus_width": own.get("bus"),
            "bandwidth": own.get("bandwidth", own["bus"] / 8 * own["rate"] if "rate" in own else None),
            "tdp": own.get("tdp", known.get("tdp")),
            "fp32": round(fp32, 2),
            **{each: round(rate, 2) for each, rate in rates.items()},
            "unified": own.get("unified"),
            "aliases": [*own.get("aliases", ()), *known.get("aliases", ())],
            "source": f"huggingface {own['source']}" if known else own["source"],
            "date": max(imported["origin"]["date"], corrections["date"]) if known else corrections["date"],
        }
    except KeyError as error:
        raise CatalogError(f"{name}: nothing says its {error}") from None
    if missing := [each for each in ("architecture", "year", "memory") if not row[each]]:
        raise CatalogError(f"{name}: nothing says its {', '.join(missing)}")
    return {column: row[column] for column in _COLUMNS if row.get(column)}


def _has(own: Row, rate: str) -> bool:
    return rate in own or rate in own.get("matrix", {})


def _architecture(capability: str | None, gfx: str | None) -> str | None:
    if capability:
        major, minor = capability.split(".")
        return architectures.of_capability((int(major), int(minor)))
    return architectures.of_gfx(gfx) if gfx else None
