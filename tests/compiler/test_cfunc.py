"""Function pointers: called by ctypes, by SciPy, by machine code."""

import ctypes
import gc
import math

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import llvm
from wengert.errors import InvalidArgument, MissingRule

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")


def test_numbers_in_and_a_number_out():
    f = wg.cfunc(lambda x, y: np.exp(-x) * y)
    assert f.signature == "double(double, double)"
    assert f(0.5, 3.0) == pytest.approx(3 * math.exp(-0.5), rel=1e-15)
    by_address = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)(f.address)
    assert by_address(0.5, 3.0) == f(0.5, 3.0)


def test_derivatives_ufuncs_and_closed_over_values():
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    assert wg.cfunc(wg.grad(lambda x: np.sum(np.sin(w * x))))(0.0) == 3.0
    assert wg.cfunc(np.arctan)(1.0) == pytest.approx(math.pi / 4)
    assert wg.cfunc(lambda x: x > 1)(2.0) == 1.0


def test_numbers_behind_a_pointer():
    f = wg.cfunc(lambda x, a: x * a, "double(int, double*)")
    numbers = (ctypes.c_double * 2)(3.0, 4.0)
    assert f(2, numbers) == 12.0
    assert math.isnan(f(3, numbers))  # another count
    g = wg.cfunc(lambda xs: np.sum(xs**2), "double (int, double *, void *)", n=3)
    assert g(3, (ctypes.c_double * 3)(1, 2, 3), None) == 14.0


def test_the_code_lives_as_long_as_the_function():
    call = wg.cfunc(lambda x: x + 1).ctypes
    gc.collect()
    assert call(1.0) == 2.0


def test_scipy_integrates():
    integrate = pytest.importorskip("scipy.integrate", reason="SciPy is not installed")
    f = wg.cfunc(lambda x: np.exp(-x * x))
    assert integrate.quad(f.low_level_callable, -8, 8)[0] == pytest.approx(math.sqrt(math.pi))
    g = wg.cfunc(lambda x, a: np.cos(a * x), "double(int, double*)")
    assert integrate.quad(g.low_level_callable, 0, 1, args=(2.0,))[0] == pytest.approx(math.sin(2) / 2)
    h = wg.cfunc(lambda xs: xs[0] * xs[1], "double(int, double*, void*)", n=2)
    assert integrate.nquad(h.low_level_callable, [[0, 1], [0, 2]])[0] == pytest.approx(1.0)
    with_data = wg.cfunc(lambda x: x * x, "double(double, void*)")
    assert integrate.quad(with_data.low_level_callable, 0, 3)[0] == pytest.approx(9.0)


def test_scipy_filters():
    ndimage = pytest.importorskip("scipy.ndimage", reason="SciPy is not installed")
    image = np.random.default_rng(0).normal(size=(7, 8))
    f = wg.cfunc(lambda w: np.max(w) - w[4], "int(double*, npy_intp, double*, void*)", n=9)
    right = ndimage.generic_filter(image, lambda w: w.max() - w[4], 3)
    np.testing.assert_allclose(ndimage.generic_filter(image, f.low_level_callable, 3), right)
    g = wg.cfunc(lambda line: line[2:] - line[:-2], "int(double*, npy_intp, double*, npy_intp, void*)", n=10)

    def difference(line, out):
        out[:] = line[2:] - line[:-2]

    right = ndimage.generic_filter1d(image, difference, 3)
    np.testing.assert_allclose(ndimage.generic_filter1d(image, g.low_level_callable, 3), right)
    h = wg.cfunc(lambda p: (p[0] * 0.5, p[1] + 0.25), "int(npy_intp*, double*, int, int, void*)", n=2)
    right = ndimage.geometric_transform(image, lambda p: (p[0] * 0.5, p[1] + 0.25))
    np.testing.assert_allclose(ndimage.geometric_transform(image, h.low_level_callable), right)


def test_a_wrong_size_makes_a_filter_fail():
    ndimage = pytest.importorskip("scipy.ndimage", reason="SciPy is not installed")
    f = wg.cfunc(np.max, "int(double*, intptr_t, double*, void*)", n=4)
    with pytest.raises(RuntimeError):
        ndimage.generic_filter(np.zeros((5, 5)), f.low_level_callable, 3)


@pytest.mark.parametrize(
    "f, options, what",
    [
        (np.sin, {"signature": "float(float)"}, "signature 'float"),
        (np.sin, {"signature": "double double"}, "signature 'double double'"),
        (np.max, {"signature": "int(double*, intptr_t, double*)"}, "without n"),
        (lambda x: np.ones(2) * x, {}, "has 2 numbers"),
        (lambda: 1.0, {}, "without parameters"),
    ],
)
def test_what_is_no_callback(f, options, what):
    with pytest.raises(InvalidArgument, match=what) as info:
        wg.cfunc(f, **options)
    assert len(str(info.value).splitlines()) == 3


def test_what_has_no_native_form_is_named():
    with pytest.raises(MissingRule, match=r"(?i)eig.*test_cfunc\.py"):
        wg.cfunc(lambda x: np.linalg.eigh(np.eye(2) * x)[0][0])
