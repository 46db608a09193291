"""Estimators with scikit-learn's interface, trained by compiled steps: for its pipelines, searches and scores.

scikit-learn is imported with the first estimator; without it that raises `MissingDependency`.
"""

from __future__ import annotations

import importlib
from typing import Any

from wengert.errors import MissingDependency, explain

__all__ = ["LogisticRegression", "MLPClassifier", "MLPRegressor"]

_HOME = {
    "LogisticRegression": "wengert.estimators.logistic",
    "MLPClassifier": "wengert.estimators.classifier",
    "MLPRegressor": "wengert.estimators.regressor",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'wengert.estimators' has no attribute {name!r}")
    try:
        importlib.import_module("sklearn")
    except ImportError as error:
        raise MissingDependency(
            explain(
                f"{name} needs scikit-learn, which is not installed.",
                "An estimator is one by inheriting from scikit-learn's.",
                "Run: pip install 'wengert[data,scipy]'",
            )
        ) from error
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value
