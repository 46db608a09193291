"""Data that ships with scikit-learn: no download, the same everywhere."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from wengert.data.samples import Samples
from wengert.errors import MissingDependency, explain

__all__ = ["load_breast_cancer", "load_diabetes", "load_digits", "load_iris", "load_wine"]


def _loaded(name: str) -> Any:
    try:
        module = importlib.import_module("sklearn.datasets")
    except ImportError as error:
        raise MissingDependency(
            explain(
                f"data.load_{name} needs scikit-learn, which is not installed.",
                "The data ships with scikit-learn; wengert itself needs NumPy only.",
                "Run: pip install 'wengert[data]'",
            )
        ) from error
    return getattr(module, f"load_{name}")()


def _samples(name: str, dtype: Any) -> Samples:
    found = _loaded(name)
    classes = getattr(found, "target_names", ())
    y = found.target.astype(np.int64 if len(classes) else dtype)
    return Samples(found.data.astype(dtype), y, found.feature_names, classes)


def load_digits(dtype: Any = np.float32, *, images: bool = False) -> Samples:
    """1,797 handwritten digits of 8 × 8 pixels, from 0 to 1, and their classes 0 to 9.

    images: give x the shape (1797, 1, 8, 8) that convolutions want, instead of (1797, 64). Raises `MissingDependency`
    without scikit-learn. Source: E. Alpaydin and C. Kaynak, UCI repository, 1998.

    >>> load_digits()
    Samples(1797 × (64,) float32, 10 classes)
    """
    samples = _samples("digits", dtype)
    x = samples.x / samples.x.dtype.type(16)
    return Samples(x.reshape(-1, 1, 8, 8) if images else x, samples.y, samples.features, samples.classes)


def load_iris(dtype: Any = np.float64) -> Samples:
    """150 iris flowers: four lengths in cm, and the species. Source: R. A. Fisher, 1936."""
    return _samples("iris", dtype)


def load_wine(dtype: Any = np.float64) -> Samples:
    """178 wines: 13 chemical measurements, and the cultivar. Source: M. Forina et al., UCI repository, 1991."""
    return _samples("wine", dtype)


def load_breast_cancer(dtype: Any = np.float64) -> Samples:
    """569 tumours: 30 measurements of cell nuclei; malignant (0) or benign (1). Source: W. Wolberg et al., 1995."""
    return _samples("breast_cancer", dtype)


def load_diabetes(dtype: Any = np.float64) -> Samples:
    """442 patients: ten standardised measurements, and how the disease progressed. Source: B. Efron et al., 2004."""
    return _samples("diabetes", dtype)
