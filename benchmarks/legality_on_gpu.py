"""The rows of tests/rehearse/rows.py on a real GPU: which of them PyTorch judges as the table says.

    python benchmarks/legality_on_gpu.py [--device cuda]

Prints the rows that disagree, with PyTorch's message; rows with a second GPU are left out where there is only one.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from rehearse.rows import ROWS, operands


def verdict(code: str, device: str) -> str | None:
    """None where a row runs, or the first line of what it raises."""
    try:
        exec(compile(code, "row", "exec"), operands(device))
        torch.get_device_module(device).synchronize()
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return None


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    count = torch.get_device_module(options.device).device_count()
    rows = [row for row in ROWS if "_1" not in row[0] or count > 1]
    wrong = 0
    for code, is_legal in rows:
        error = verdict(code, options.device)
        if is_legal != (error is None):
            wrong += 1
            print(f"{code}\n    table: {'legal' if is_legal else 'fails'}; here: {error or 'runs'}")
    print(f"{len(rows) - wrong} of {len(rows)} rows agree (torch {torch.__version__})")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
