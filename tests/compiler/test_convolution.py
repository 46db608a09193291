"""Compiled convolutions and poolings against the rows themselves, over shapes that go the different ways there are."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import llvm
from wengert.core.op import TABLE

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

# images, groups, channels, results; length, kernel, stride, dilation, low of every axis; entries behind the last window
SHAPES = {
    "3x3": (2, 1, 16, 9, [(9, 3, 1, 1, 1), (10, 3, 1, 1, 1)], 1),
    "thin": (2, 1, 1, 16, [(9, 3, 1, 1, 1), (8, 3, 1, 1, 0)], 0),
    "stride": (2, 1, 8, 20, [(9, 3, 2, 1, 1), (10, 2, 3, 1, 0)], 2),
    "thin stride": (1, 2, 3, 4, [(9, 3, 2, 1, 1), (10, 2, 3, 1, 1)], 2),
    "dilation": (2, 1, 9, 8, [(12, 3, 1, 2, 2), (11, 2, 2, 3, 1)], 0),
    "1x1": (3, 1, 12, 10, [(5, 1, 1, 1, 0), (6, 1, 1, 1, 0)], 0),
    "1x1 stride": (2, 1, 12, 10, [(5, 1, 2, 1, 0), (6, 1, 3, 1, 0)], 1),
    "groups": (2, 3, 8, 9, [(6, 3, 1, 1, 1), (6, 2, 1, 1, 0)], 0),
    "depthwise": (2, 8, 1, 1, [(9, 3, 1, 1, 1), (9, 3, 1, 1, 1)], 0),
    "depthwise stride": (2, 8, 1, 2, [(9, 3, 2, 1, 1), (9, 3, 2, 1, 1)], 1),
    "one axis": (3, 1, 10, 12, [(50, 5, 1, 1, 2)], 1),
    "three axes": (2, 1, 8, 8, [(5, 2, 1, 1, 0), (6, 3, 2, 1, 1), (5, 2, 1, 2, 1)], 0),
    "small": (4, 1, 2, 2, [(4, 2, 1, 1, 0), (4, 2, 2, 1, 1)], 0),
}


def arrays(name, dtype):
    images, groups, channels, results, axes, rest = SHAPES[name]
    length, kernel, stride, dilation, low = zip(*axes, strict=True)
    count = tuple((n + a - d * (k - 1) - 1) // s + 1 for n, k, s, d, a in axes)
    rng = np.random.default_rng(3)
    length = tuple(n + rest for n in length)
    x = rng.normal(size=(images, groups * channels, *length)).astype(dtype)
    w = rng.normal(size=(groups * results, channels, *kernel)).astype(dtype)
    y = rng.normal(size=(images, groups * results, *count)).astype(dtype)
    return x, w, y, {"stride": stride, "dilation": dilation, "low": low, "groups": groups}


IN_DOUBLE = ("3x3", "thin stride", "three axes", "depthwise stride")


@pytest.mark.parametrize(("name", "dtype"), [(n, np.float32) for n in SHAPES] + [(n, np.float64) for n in IN_DOUBLE])
def test_the_three_rows_in_one_program(name, dtype):
    x, w, y, params = arrays(name, dtype)

    def rows(x, w, y):
        return (
            TABLE["convolution"](np.tanh(x), w, **params, size=y.shape[2:]) + 1,
            TABLE["convolution_input"](y * 2, w, **params, size=x.shape[2:]) * 3,
            TABLE["convolution_weight"](x, np.tanh(y), **params, size=w.shape[2:]),
        )

    compiled = wg.jit(rows)
    assert "nothing left to NumPy" in compiled.lower(x, w, y).explain()
    for ours, expected in zip(compiled(x, w, y), rows(x, w, y), strict=True):
        tolerance = 1e-5 if dtype == np.float32 else 1e-12
        np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=100 * tolerance)
