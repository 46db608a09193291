"""Run the probes on HIPS autograd and MyGrad and keep the verdicts: ``scripts/bench conformance``.

They are written into rivals.json beside this file, from which ``python -m tests.conformance.table`` takes their columns
of docs/reference/ops.md.
"""

from __future__ import annotations

import importlib.metadata
import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.conformance.catalogue import probes
from benchmarks.conformance.rivals import RIVALS, judged

FILE = Path(__file__).with_name("rivals.json")
PACKAGES = ("autograd", "mygrad", "numpy", "scipy")
PATIENCE = 60  # seconds for a probe


def too_long(*_: Any) -> None:
    raise TimeoutError("the probe took too long")


def main() -> None:
    signal.signal(signal.SIGALRM, too_long)
    cells = {}
    for probe in probes():
        signal.alarm(PATIENCE)
        if (found := judged(probe)) is not None:
            cells[probe.name] = [found[name] for name in RIVALS]
        signal.alarm(0)
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    lines = [f"  {json.dumps(name)}: {json.dumps(verdicts)}" for name, verdicts in sorted(cells.items())]
    head = f'{{"versions": {json.dumps(versions)},\n "rivals": {json.dumps(list(RIVALS))},\n "cells": {{\n'
    FILE.write_text(head + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    for n, name in enumerate(RIVALS):
        print(name, dict(Counter(verdicts[n] for verdicts in cells.values())))


if __name__ == "__main__":
    main()
