"""Filters at sizes where Fourier transforms are used, signatures of twins, arguments beyond the samples."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from scipy import fft, ndimage, signal

import wengert as wg
from wengert.core.op import TABLE

HOMES = ((fft, wg.scipy.fft), (signal, wg.scipy.signal), (ndimage, wg.scipy.ndimage))
TWINS = [(home, ours, name) for home, ours in HOMES for name in ours.__all__ if name != "sepfir2d"]  # compiled


@pytest.mark.parametrize("theirs, ours, name", [pytest.param(*t, id=f"{t[0].__name__}.{t[2]}") for t in TWINS])
def test_a_twin_has_the_parameters_of_scipy(theirs: Any, ours: Any, name: str) -> None:
    function, have = getattr(theirs, name), inspect.signature(getattr(ours, name)).parameters
    if inspect.isbuiltin(function):  # in C, where only the first line of the docstring tells them
        assert f"{name}({', '.join(have)})" in function.__doc__
        return
    want = inspect.signature(function).parameters
    if "args" not in want:  # SciPy's dispatcher hides the parameters of some
        assert list(have) == list(want)
        assert [p.default for p in have.values()] == [p.default for p in want.values()]


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    "axes, x_shape, y_shape", [((0,), (9,), (4,)), ((0, 1), (5, 6), (3, 2)), ((1,), (3, 7), (1, 3))]
)
def test_convolution_by_fourier_transforms_has_the_derivatives_of_the_direct_one(
    full: bool, axes: Any, x_shape: Any, y_shape: Any
) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=x_shape), rng.normal(size=y_shape) + 1j * rng.normal(size=y_shape)

    def phi(fft: bool) -> Any:
        def f(x: Any, y: Any) -> Any:
            out = TABLE["linear_convolution"](x, y, axes=axes, full=full, fft=fft)
            return np.sum(np.abs(out) ** 2 + np.real(out) ** 3)

        return f

    for direct, fast in zip(wg.grad(phi(False), (0, 1))(x, y), wg.grad(phi(True), (0, 1))(x, y), strict=True):
        np.testing.assert_allclose(fast, direct, rtol=1e-11, atol=1e-11)


def test_long_signals_are_convolved_by_fourier_transforms() -> None:
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=4000), rng.normal(size=3000)
    graph = wg.trace(lambda x: wg.scipy.signal.fftconvolve(x, h))(x)
    assert [e.params["fft"] for e in graph.equations if e.op.name == "linear_convolution"] == [True]
    g = wg.grad(lambda x: np.sum(wg.scipy.signal.fftconvolve(x, h)))(x)
    np.testing.assert_allclose(g, np.full(4000, h.sum()), rtol=1e-9)


def test_out_of_fft_takes_tracked_results() -> None:
    def f(x: Any) -> Any:
        out = np.zeros(4, complex, like=x)
        np.fft.fft(x, out=out)
        return np.sum(np.abs(out) ** 2)

    np.testing.assert_allclose(wg.grad(f)(np.arange(4.0)), 8 * np.arange(4.0))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.fft.fft(x, 0),
        lambda x: np.fft.fft(x, norm="other"),
        lambda x: np.fft.irfft(x[:1]),
        lambda x: np.fft.fftn(x, s=(2, 2), axes=(0,)),
        lambda x: wg.scipy.fft.dct(x, 5),
        lambda x: wg.scipy.signal.convolve(x, np.ones((2, 2))),
        lambda x: wg.scipy.signal.convolve(x, np.ones(2), "other"),
        lambda x: wg.scipy.signal.filtfilt([1.0], [1.0, 0.5], x, padlen=10),
        lambda x: wg.scipy.signal.lfilter([1.0], [1.0, 0.5], x, zi=np.ones(2)),
        lambda x: wg.scipy.ndimage.correlate1d(x, np.ones(3), origin=2),
        lambda x: wg.scipy.ndimage.correlate1d(x, np.ones(3), mode="other"),
        lambda x: wg.scipy.signal.upfirdn(np.ones(2), x, mode="other"),
    ],
)
def test_wrong_arguments_raise_as_in_scipy(call: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever SciPy says)
        wg.grad(lambda x: np.sum(np.abs(call(x))))(np.ones(4))


@pytest.mark.parametrize("mode", ["reflect", "antireflect", "line", "smooth", "wrap"])
def test_a_signal_of_one_entry_is_continued_by_it_for_plain_numbers_too(mode: str) -> None:
    # SciPy's own upfirdn divides by a length of 0 here, and the process ends.
    found = wg.scipy.signal.upfirdn(np.array([1.0, 2.0, 3.0]), np.array([2.0]), mode=mode)
    np.testing.assert_array_equal(found, [12.0] * 3)
    assert wg.scipy.signal.resample_poly(np.ones(0), 3, 2, padtype=mode).shape == (0,)


@pytest.mark.parametrize("x", [np.ones(0), wg.tensor(np.ones(0))])
def test_an_empty_signal_has_nothing_to_be_continued_by(x: Any) -> None:
    with pytest.raises(wg.errors.InvalidArgument, match="empty signal"):
        wg.scipy.signal.upfirdn(np.ones(3), x, mode="wrap")
