"""wg.adopt: what strangers' code does to tensors keeps their derivative, and everything is put back."""

import builtins
import math
import threading

import numpy as np
import pytest
import scipy.linalg
import scipy.ndimage
import scipy.stats
from scipy.ndimage import _nd_image

import wengert as wg

X = np.array([0.3, 1.2, 0.7])
M = np.array([[1.3, 0.2, 0.1], [0.2, 0.9, 0.3], [0.1, 0.3, 1.1]])


def filled(x):
    y = np.zeros(3)
    y[1:] = x[:2] * x[1:]
    z = np.eye(3)
    z[0, 1] = x[2]
    return y @ z


def nested(x):
    return math.sqrt(np.array([[x[0], 1.0], [2.0, x[1]]], dtype=float)[0, 0]) + math.log(x[1], 3.0) + math.hypot(*x)


class Backend:
    """NumPy's functions as a library with several backends holds them."""

    zeros = staticmethod(np.zeros)
    asarray = np.asarray
    wide = np.float64
    module = np

    def squares(self, x):
        return self.asarray(x, dtype=self.wide) ** 2


def dispatched(x):
    y = Backend.zeros(3)
    y[1:] = Backend().squares(x)[1:]
    return y * Backend.module.array([x[0], 1.0, 2.0])


FUNCTIONS = {
    "asarray": lambda x: np.sum(np.asarray(x, dtype=float) ** 2),
    "array of a list": lambda x: np.mean(np.array([x[0], x[1] * x[2], 2.0])),
    "filled": filled,
    "math": nested,
    "float": lambda x: float(np.sum(x**2)) * x,
    "isinstance": lambda x: x**2 if isinstance(x, np.ndarray) and isinstance(x[0], float) else None,
    "in a class": dispatched,
    "a twin": lambda x: scipy.linalg.expm(M * x[0]),
    "a twin that fills": lambda x: scipy.ndimage.gaussian_filter(x, 1.0, output=np.empty(3)),
    "SciPy's Python": lambda x: scipy.stats.gmean(x) + scipy.stats.skew(x),
}  # fmt: skip
each_function = pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)


@each_function
def test_the_derivative_is_right(f):
    expected = wg.finite_difference(f, method="richardson")(X)
    adopted = wg.adopt(f)
    np.testing.assert_allclose(wg.jacrev(adopted)(X), expected, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(wg.jacfwd(adopted)(X), expected, rtol=1e-8, atol=1e-10)
    x = wg.tensor(X, requires_grad=True)
    np.sum(adopted(x)).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.sum(expected, axis=tuple(range(expected.ndim - 1))), rtol=1e-8)


@each_function
def test_plain_numbers_are_what_they_were(f):
    np.testing.assert_array_equal(np.asarray(wg.adopt(f)(X)), f(X))


def test_an_array_of_one_entry_is_a_number_to_math_and_float():
    """As it was before NumPy 2.4."""
    f = wg.adopt(lambda x: np.array([math.sin(x[:1]), float(x[1:2])]))
    np.testing.assert_allclose(wg.jacobian(f)(X), [[np.cos(X[0]), 0, 0], [0, 1, 0]], rtol=1e-12)


def test_everything_is_put_back_even_after_an_error():
    names = globals().copy()
    seen = []

    def fails(x):
        seen.append((np, math, isinstance, float))
        raise KeyError

    with pytest.raises(KeyError):
        wg.grad(wg.adopt(fails))(X)
    for found, name in zip(seen[0], ("np", "math", "isinstance", "float"), strict=True):
        assert found is not names.get(name, getattr(builtins, name, None))
    assert globals() == names
    assert "isinstance" not in vars(scipy.stats)


def test_classes_hold_what_they_held():
    before = dict(vars(Backend))
    with pytest.raises(ZeroDivisionError):
        wg.adopt(lambda: vars(Backend)["zeros"] is before["zeros"] or 1 / 0)()
    assert dict(vars(Backend)) == before
    assert Backend.zeros is np.zeros


def test_nesting_keeps_the_exchange_until_the_outermost_is_done():
    inner = wg.adopt(lambda x: np.sum(np.asarray(x, dtype=float)))
    outer = wg.adopt(lambda x: inner(x) * np.prod(np.asarray(x, dtype=float)))
    expected = wg.finite_difference(lambda x: np.sum(x) * np.prod(x), method="richardson")(X)
    np.testing.assert_allclose(wg.grad(outer)(X), expected, rtol=1e-9)


def maxima(output):
    """`scipy.ndimage.maximum_filter1d` of M as its compiled code has it, which converts its output, and writes."""
    reflect = 2
    _nd_image.min_or_max_filter1d(M, 3, 0, output, reflect, 0.0, 0, False)
    return output


def test_compiled_code_fills_what_stands_in_for_its_array():
    f = lambda x: np.sum(x) * np.sum(maxima(np.empty((3, 3))))
    expected = np.sum(scipy.ndimage.maximum_filter1d(M, 3, 0))
    np.testing.assert_allclose(wg.grad(wg.adopt(f))(X), np.full(3, expected))


def test_numpys_own_compiled_code_makes_arrays():
    """Its random numbers are written through a pointer into what np.empty gave."""
    f = lambda x: np.sum(x * np.random.default_rng(3).standard_normal(3)) + np.sum(x) * np.random.rand(1)[0]
    assert wg.grad(wg.adopt(f))(X).shape == (3,)


@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
@pytest.mark.parametrize("start", [lambda x: 0.0, lambda x: x[0]], ids=["plain", "tracked"])
def test_a_copy_cannot_be_filled(start):
    def f(x):
        out = np.zeros((3, 3))
        out += start(x)
        return np.sum(x) * np.sum(maxima(out))

    with pytest.raises((ValueError, TypeError, RuntimeError)):
        wg.grad(wg.adopt(f))(X)


def test_another_thread_gets_plain_arrays():
    made = []

    def f(x):
        thread = threading.Thread(target=lambda: made.append(type(np.zeros(3))))
        thread.start()
        thread.join()
        made.append(type(np.zeros(3)))
        return np.sum(x)

    wg.grad(wg.adopt(f))(X)
    assert made == [np.ndarray, wg.Tensor]


def test_float_is_float_where_it_is_a_type():
    def f(x):
        assert isinstance(1.5, float)
        assert isinstance(x[0], float | int)
        assert not isinstance(1, float)
        assert issubclass(np.float64, float)
        assert {float: 1}[(1.5).__class__] == 1
        assert float("1.5") == 1.5
        return np.sum(x * np.ones(3, dtype=float))

    assert wg.grad(wg.adopt(f))(X).tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(TypeError):
        wg.grad(wg.adopt(lambda x: np.sum(x) * float(x)))(X)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.double])
def test_numpys_types_make_tensors_of_tensors_and_are_types_still(kind):
    default = kind  # found under the name of its own, too

    def f(x):
        own = getattr(np, kind.__name__)
        y = own(x) * own([x[0], 1.0, 2.0]) + own(x[1]) + own(3)
        assert isinstance(own(3), kind) and isinstance(x[0], own) == (x.dtype == kind)
        assert np.zeros(1, own).dtype == own == default and issubclass(kind, own) and np.dtype(own) is np.dtype(kind)
        return np.sum(y) + {kind: 1.0}[own]

    x = X.astype(kind)
    assert np.allclose(wg.grad(wg.adopt(f))(x), [2 * x[0], 4.0, 2.0])
    assert wg.adopt(f)(x) == f(x)
