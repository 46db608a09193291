"""An explanation as records, one per step, and as a pandas DataFrame. The only file that knows pandas."""

from __future__ import annotations

import importlib
from typing import Any

from wengert.errors import MissingDependency, explain
from wengert.explanation.model import Account

__all__ = ["dataframe", "records"]


def records(account: Account) -> list[dict[str, Any]]:
    """One dict per step; tangents in columns named after their seeds (``d/dx1``)."""
    out = []
    for s in account.trace:
        row: dict[str, Any] = {
            "label": s.label, "name": s.name, "role": s.role, "op": s.op, "expression": s.expression,
            "value": s.value, "shape": s.shape, "dtype": s.dtype,
        }  # fmt: skip
        for seed, tangent in zip(account.seeds, s.tangents, strict=True):
            row[f"d/d{seed.label}" if seed.step is not None else seed.label] = tangent
        row |= {
            "adjoint": s.adjoint, "contributions": len(s.contributions), "gate": s.gate, "grad_fn": s.grad_fn,
            "group": s.group, "file": s.source.file if s.source is not None else None,
            "line": s.source.line if s.source is not None else None, "saved_bytes": s.saved_bytes,
            "roundoff": s.roundoff,
        }  # fmt: skip
        out.append(row)
    return out


def dataframe(account: Account) -> Any:
    """The records as a DataFrame. Raises `MissingDependency` without pandas."""
    try:
        pandas = importlib.import_module("pandas")
    except ImportError as error:
        raise MissingDependency(
            explain(
                ".dataframe() needs pandas, which is not installed.",
                "wengert itself needs NumPy only; data frames are pandas'.",
                "Run: pip install pandas, or use .records(), a list of dicts.",
            )
        ) from error
    return pandas.DataFrame.from_records(records(account))
