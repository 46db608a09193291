"""NumPy's main namespace as strangers use it: what does not dispatch, what refuses, what has no operand to draw."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.core import protocols

anp: Any = np  # without the types of its overloads: what is tried here is often not among them

X = np.array([0.3, 0.7, 1.2, 2.0])

# Functions that NumPy does not let us intercept: they work through objects.
BRIDGED: dict[str, Callable[..., Any]] = {
    "vectorize": lambda x: np.vectorize(lambda v: v * v if v > 1 else v)(x),
    "vectorize two": lambda x: np.vectorize(lambda v, w: v * w)(x, x[::-1]),
    "vectorize with a signature": lambda x: np.vectorize(lambda v: np.sum(v * v), signature="(n)->()")(x.reshape(2, 2)),
    "frompyfunc": lambda x: np.frompyfunc(lambda v, w: v * w + 1, 2, 1)(x, x[::-1]),
    "frompyfunc of two results": lambda x: np.frompyfunc(lambda v: (v * v, v), 1, 2)(x)[0],
    "frompyfunc.reduce": lambda x: np.frompyfunc(lambda v, w: v * w + 1, 2, 1).reduce(x),
    "frompyfunc.outer": lambda x: np.frompyfunc(lambda v, w: v * w, 2, 1).outer(x, [1.0, 2.0]),
    "c_": lambda x: np.c_[x, x**2],
    "r_": lambda x: np.r_[x, 1.0, x**2],
    "ndenumerate": lambda x: sum(v * (i[0] + 1) for i, v in np.ndenumerate(x)),
    "nditer": lambda x: sum(v * v for v in anp.nditer(x, flags=["refs_ok"])),
    "fromfunction": lambda x: np.fromfunction(lambda i, j: i * x[0] + j * x[1], (2, 2)),
    "asarray_chkfinite": lambda x: np.asarray_chkfinite(x) ** 2,
    "poly1d": lambda x: ((np.poly1d(x) * np.poly1d([1, 2.0]) + np.poly1d(x)) ** 2).deriv()(0.5),
    "poly1d.integ": lambda x: np.poly1d(x).integ()(0.5),
    "poly1d.r": lambda x: np.real(np.poly1d(x).r),
    "polynomial.polyval": lambda x: np.polynomial.polynomial.polyval(x, x),
    "polynomial.chebval": lambda x: np.polynomial.chebyshev.chebval(0.3, x),
    "polynomial.legval2d": lambda x: np.polynomial.legendre.legval2d(x, 2 * x, np.arange(6.0).reshape(2, 3)),
    "polynomial.hermvander": lambda x: np.polynomial.hermite.hermvander(x, 3),
    "polynomial.lagmul": lambda x: np.asarray(np.polynomial.laguerre.lagmul(x, [1.0, 2.0])),
    "polynomial.hermeint": lambda x: np.asarray(np.polynomial.hermite_e.hermeint(x)),
    "polynomial.Polynomial": lambda x: (np.polynomial.Polynomial(x) * np.polynomial.Polynomial([1.0, 2.0])).deriv()(
        0.5
    ),
    "polynomial.Chebyshev": lambda x: np.polynomial.Chebyshev(x, domain=[0, 2])(0.5),
    "an object array": lambda x: np.exp(np.array([x[0], x[1]])) * x[2],
    "an object array, interpolated": lambda x: np.interp(x[0], [0.0, 1.0], np.array([x[1], x[2]])),
    "an object array, convolved": lambda x: np.convolve(np.array([x[0], x[1]]), x),
    "nansum of an object array": lambda x: np.nansum(np.array([x[0], x[1]])),
    "quantile of an object array": lambda x: np.quantile(np.array([x[0], x[1]]), 0.3),
}


@pytest.mark.parametrize("name", BRIDGED)
def test_what_does_not_dispatch_differentiates(name: str) -> None:
    f = BRIDGED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wg.errors.ObjectBridgeWarning)
        gradient = wg.grad(lambda x: np.sum(f(x)))(X)
    step = 1e-6
    shifted = [[np.sum(np.asarray(f(X + h * e), float)) for h in (step, -step)] for e in np.eye(X.size)]
    np.testing.assert_allclose(gradient, [(a - b) / (2 * step) for a, b in shifted], rtol=1e-6, atol=1e-7)


REFUSED: dict[str, Callable[..., Any]] = {
    "packbits": np.packbits,
    "fromiter": lambda x: np.fromiter(x, float),
    "vectorize to floats": lambda x: np.vectorize(lambda v: v * v, otypes=[float])(x),
    "copyto a plain array": lambda x: np.copyto(np.zeros(4), x),
    "a masked array": lambda x: x * anp.ma.masked_array(X, mask=[0, 1, 0, 0]),
    "a structured array": lambda x: x * np.zeros(4, [("a", float)]),
    "tobytes": lambda x: x.tobytes(),
    "byteswap": lambda x: x.byteswap(),
    "dumps": lambda x: x.dumps(),
    "view as complex": lambda x: x.view(complex),
    "low-level loops": lambda x: np.add(x, 1, signature="dd->d"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_lose_a_gradient_raises(name: str) -> None:
    def f(x: Any) -> Any:
        REFUSED[name](x)
        return np.sum(x)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wg.errors.ObjectBridgeWarning)
        with pytest.raises((TypeError, ValueError, NotImplementedError)):
            wg.grad(f)(X)


@pytest.mark.parametrize("save", [np.save, np.savetxt, np.savez, np.savez_compressed])
def test_files_hold_plain_numbers(save: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "x.npz")
    save(path, wg.tensor(X))
    assert list(tmp_path.iterdir())
    with pytest.raises(wg.errors.LostGradient):
        save(path, wg.tensor(X, requires_grad=True))


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: np.poly(x), 1.0),
        (lambda x: np.polyval(x, 2.0), 0.0),
        (lambda x: np.histogram_bin_edges(x, 2), [0.0, 0.5, 1.0]),
        (lambda x: np.nansum(x), 0.0),
        (lambda x: np.trim_zeros(x), []),
        (lambda x: np.unique(x), []),
        (lambda x: np.ediff1d(x, to_end=1.0), [1.0]),
    ],
)
def test_of_nothing(f: Any, expected: Any) -> None:
    np.testing.assert_array_equal(np.asarray(wg.vjp(f, np.zeros(0))[0]), expected)


def test_a_ufunc_of_python_functions_is_not_remembered() -> None:
    known = len(protocols.SPELLINGS)
    for _ in range(3):
        np.frompyfunc(lambda v: v * 2, 1, 1)(wg.tensor(X))
    assert len(protocols.SPELLINGS) == known


@pytest.mark.parametrize("keywords", [{"axes": [(1, 0), (0, 1), (1, 0)]}, {"axes": [(-2, -1)] * 3}])
def test_gufuncs_name_their_axes(keywords: dict[str, Any]) -> None:
    a = np.arange(8.0).reshape(2, 2, 2)
    found = wg.vjp(lambda x: anp.matmul(x, x + 1, **keywords), a)[0]
    np.testing.assert_array_equal(found, anp.matmul(a, a + 1, **keywords))


def test_gufuncs_along_one_axis_keep_it() -> None:
    a = np.arange(6.0).reshape(2, 3)
    found = wg.vjp(lambda x: anp.vecdot(x, x, axis=0, keepdims=True), a)[0]
    np.testing.assert_array_equal(found, np.sum(a * a, axis=0, keepdims=True))


def test_results_go_where_out_says() -> None:
    def f(x: Any) -> Any:
        objects = np.empty(4, object)
        np.multiply(x, x, out=objects)
        kept = np.zeros(2, like=x)
        np.quantile(x, [0.2, 0.9], out=kept)
        return np.sum(objects) + np.sum(kept)

    step = 1e-6
    found = wg.grad(f)(X)
    expected = [(plain_sum(X + step * e) - plain_sum(X - step * e)) / (2 * step) for e in np.eye(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def plain_sum(x: Any) -> Any:
    return np.sum(x * x) + np.sum(np.quantile(x, [0.2, 0.9]))


def test_too_few_or_wrong_arguments_raise_as_in_numpy() -> None:
    x = wg.tensor(X)
    for call in (
        lambda x: np.quantile(x, 1.5),
        lambda x: anp.quantile(x, 0.5, method="nearly"),
        lambda x: np.quantile(x, 0.5, weights=X),
        lambda x: np.interp(x, [0.0, 1.0], [1.0]),
        lambda x: anp.gradient(x, edge_order=3),
        lambda x: np.gradient(x[:1]),
        lambda x: np.histogram(x, 0),
        lambda x: np.histogram(x, [2.0, 1.0]),
        lambda x: np.histogramdd(x[:, None], [2, 2]),
        lambda x: np.piecewise(x, [x > 1], [1, 2, 3]),
        lambda x: np.convolve(x, []),
        lambda x: anp.convolve(x, x, "some"),
        lambda x: anp.trim_zeros(x, "x"),
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 5),
        lambda x: np.polyfit(x, x[:2], 1),
        lambda x: np.pad(x, -1),
        lambda x: np.pad(x, 1, "mean", constant_values=1),
        lambda x: anp.pad(x, 1, "magic"),
        lambda x: np.cumulative_sum(x.reshape(2, 2)),
        lambda x: np.vander(x.reshape(2, 2)),
    ):
        for argument in (X, x):
            with pytest.raises((ValueError, TypeError)):
                call(argument)
