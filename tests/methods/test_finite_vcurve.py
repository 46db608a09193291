"""The V-curve: prediction and measurement have the same shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument


@pytest.mark.parametrize("method, low, high", [("forward", 1e-9, 1e-7), ("backward", 1e-9, 1e-7),
                                               ("central", 1e-6, 1e-4)])  # fmt: skip
def test_bottom(method: str, low: float, high: float) -> None:
    curve = wg.vcurve(np.exp, 1.0, method=method)
    assert low < curve.optimal_h < high
    assert curve.exact == pytest.approx(np.e)
    near = np.argmin(abs(curve.h - curve.optimal_h))
    assert curve.error[near] < 20 * curve.error[curve.h == curve.best_h] + 1e-9
    large = curve.h > 1e-2
    np.testing.assert_allclose(curve.error[large], curve.predicted[large], rtol=0.5)
    assert np.all(curve.error <= 3 * curve.predicted)


def test_an_entry_of_a_matrix() -> None:
    def f(x: Any, scale: float) -> Any:
        return scale * np.sum(np.sin(x))

    x = np.array([[0.1, 0.2], [0.3, 1.4]])
    for index in ((1, 1), 3, -1):
        curve = wg.vcurve(f, x, 2.0, index=index, hs=[1e-2, 1e-3])
        assert curve.exact == pytest.approx(2 * np.cos(1.4))
        np.testing.assert_allclose(curve.h, [1e-2, 1e-3])
        np.testing.assert_allclose(curve.truncation, curve.error, rtol=1e-3)


def test_plot() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = wg.vcurve(np.tanh, 0.5).plot(figure.subplots())
    assert len(axes.lines) == 3 and axes.get_xlabel() == "step h"


def test_refusals() -> None:
    with pytest.raises(InvalidArgument, match="no index"):
        wg.vcurve(np.sum, np.ones(2))
    with pytest.raises(InvalidArgument, match="2 results"):
        wg.vcurve(np.sin, np.ones(2), index=0)
    with pytest.raises(InvalidArgument, match="method='complex'"):
        wg.vcurve(np.sin, 1.0, method="complex")
