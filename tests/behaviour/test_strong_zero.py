"""Strong zero: a masked-out infinity or NaN never gives a NaN derivative. Singular functions × masks × modes."""

import itertools

import numpy as np
import pytest

import wengert as wg

inf, nan = np.inf, np.nan
MASK = np.array([False, True])


def _matrices(x):
    return np.stack([np.stack([1 / x, x], -1), np.stack([x * x, 1 + x], -1)], -2)


# name: function, where it is infinite or undefined (or its slope is), where it is regular
SINGULAR = {
    "log": (np.log, 0.0, 2.0),
    "log of a negative number": (np.log, -1.0, 2.0),
    "log1p": (np.log1p, -1.0, 2.0),
    "log2": (np.log2, 0.0, 2.0),
    "sqrt": (np.sqrt, 0.0, 2.0),
    "sqrt of a negative number": (np.sqrt, -1.0, 2.0),
    "cbrt": (np.cbrt, 0.0, 2.0),
    "reciprocal": (np.reciprocal, 0.0, 2.0),
    "1 / x": (lambda x: 1 / x, 0.0, 2.0),
    "x / x": (lambda x: x / x, 0.0, 2.0),
    "sin(x) / x": (lambda x: np.sin(x) / x, 0.0, 2.0),
    "square of 1 / x": (lambda x: (1 / x) ** 2, 0.0, 0.5),
    "root by a power": (lambda x: x**0.5, 0.0, 2.0),
    "negative power": (lambda x: x**-1.0, 0.0, 2.0),
    "power by x": (lambda x: np.power(x, x - 3), 0.0, 2.0),
    "arcsin at 1": (np.arcsin, 1.0, 0.3),
    "arccos at 1": (np.arccos, 1.0, 0.3),
    "arcsin beyond 1": (np.arcsin, 2.0, 0.3),
    "arctanh": (np.arctanh, 1.0, 0.3),
    "arccosh": (np.arccosh, 1.0, 2.0),
    "arctan2": (lambda x: np.arctan2(x, 0 * x), 0.0, 2.0),
    "hypot": (lambda x: np.hypot(x, x), 0.0, 2.0),
    "exp that overflows": (np.exp, 1e3, 2.0),
    "exp of exp": (lambda x: np.exp(np.exp(x)), 10.0, 0.5),
    "cosh that overflows": (np.cosh, 1e3, 2.0),
    "sin of infinity": (np.sin, inf, 0.5),
    "inf - inf": (lambda x: x - x, inf, 0.5),
    "inf * inf": (lambda x: x * x, inf, 0.5),
    "tanh(1 / x)": (lambda x: np.tanh(1 / x), 0.0, 2.0),
    "x log x": (lambda x: x * np.log(x), 0.0, 2.0),
    "log(exp(x) - 1)": (lambda x: np.log(np.exp(x) - 1), 0.0, 0.7),
    "logaddexp": (lambda x: np.logaddexp(x, 0.0), inf, 0.5),
    "sinc": (np.sinc, inf, 0.5),
    "remainder": (lambda x: np.remainder(1.0, x), 0.0, 0.3),
    "norm at 0": (lambda x: np.linalg.norm(np.stack([x, x]), axis=0), 0.0, 2.0),
    "norm by hand": (lambda x: np.sqrt(x**2 + x**2), 0.0, 2.0),
    "norm of infinities": (lambda x: np.linalg.norm(np.stack([x, x]), axis=0), inf, 2.0),
    "missing data": (lambda x: 3 * x * x, nan, 0.5),
    "prod": (lambda x: np.prod(np.stack([x, 1 / x, x]), axis=0), 0.0, 0.5),
    "cumsum": (lambda x: np.cumsum(np.stack([1 / x, 1 / x]), axis=0)[1], 0.0, 0.5),
    "variance": (lambda x: np.var(np.stack([1 / x, np.log(x)]), axis=0), 0.0, 0.5),
    "matmul": (lambda x: (np.stack([x, 1 / x], -1)[..., None, :] @ np.ones((2, 1)))[..., 0, 0], 0.0, 0.5),
    "einsum": (lambda x: np.einsum("i,i->i", x * x, np.exp(1 / x)), 0.0, 0.7),
    "einsum of three": (lambda x: np.einsum("i,i,i->i", x, np.log(x), 1 / x), 0.0, 0.7),
    "vecdot": (lambda x: np.linalg.vecdot(np.stack([1 / x, x], -1), np.stack([x * x, x], -1)), 0.0, 0.5),
    "solve": (lambda x: np.linalg.solve(_matrices(x), np.stack([x, 1 + x], -1)[..., None])[..., 0, 0], 0.0, 0.5),
    "det": (lambda x: np.linalg.det(_matrices(x)), 0.0, 0.5),
    "cumprod": (lambda x: np.cumprod(np.stack([1 / x, x]), axis=0)[1], 0.0, 0.5),
    "logsumexp": (lambda x: np.logaddexp.reduce(np.stack([1 / x, x]), axis=0), 0.0, 0.5),
    "std": (lambda x: np.std(np.stack([1 / x, x, x * x]), axis=0), 0.0, 0.5),
    "softmax by hand": (lambda x: np.exp(x) / (np.exp(x) + 1), 1e3, 0.5),
    "modulus of a complex log": (lambda x: np.abs(np.log(x + 0j)), 0.0, 0.5),
}
if hasattr(np, "matvec"):  # NumPy 2.2
    SINGULAR["matvec"] = (
        lambda x: np.matvec(np.stack([x * x, 1 / x], -1)[..., None, :], np.stack([x, x], -1))[..., 0], 0.0, 0.5,
    )  # fmt: skip


def _written(y, m):
    z = np.copy(y)
    z[~m] = 0.0
    return z


def _filled(y, m):
    z = np.zeros(y.shape, like=y)
    z[m] = y[m]
    return z


def _copied(y, m):
    z = np.zeros(y.shape, like=y)
    np.copyto(z, y, where=m)
    return z


def _put(y, m):
    z = np.copy(y)
    np.putmask(z, ~m, 0.0)
    return z


MASKS = {
    "where": lambda y, m: np.where(m, y, 0.0),
    "where, the other way": lambda y, m: np.where(~m, 1.0, y),
    "an index": lambda y, m: y[m],
    "take": lambda y, m: np.take(y, np.flatnonzero(m)),
    "compress": lambda y, m: np.compress(m, y),
    "select": lambda y, m: np.select([m], [y], 0.0),
    "choose": lambda y, m: np.choose(m.astype(int), [np.zeros(2), y]),
    "write over": _written,
    "fill": _filled,
    "copyto": _copied,
    "putmask": _put,
    "sum, where=": lambda y, m: np.sum(y, where=m),
    "mean, where=": lambda y, m: np.mean(y, where=m),
    "max, where=": lambda y, m: np.max(y, where=m, initial=-99.0),
    "prod, where=": lambda y, m: np.prod(y, where=m),
    "add.reduce, where=": lambda y, m: np.add.reduce(y, where=m),
    "ufunc, where= and out=": lambda y, m: np.multiply(y, 2.0, out=np.zeros(2, like=y), where=m),
    "nan_to_num in where": lambda y, m: np.where(m, np.nan_to_num(y), 0.0),
}


def made(singular, mask):
    """The masked function, its point, and its derivatives of first and second order there."""
    s, bad, good = SINGULAR[singular]
    m = MASKS[mask]

    def regular(z):
        return np.sum(m(s(np.stack([0.9 * good + 0 * z, z])), MASK))

    f = lambda x: np.sum(m(s(x), MASK))
    first, second = wg.grad(regular)(good), wg.grad(wg.grad(regular))(good)
    return f, np.array([bad, good]), np.array([0.0, first]), np.array([[0.0, 0.0], [0.0, second]])


MODES = {
    "reverse": lambda f, x: wg.grad(f)(x),
    "forward": lambda f, x: wg.jacfwd(f)(x),
    "batch": lambda f, x: wg.vmap(wg.grad(f))(np.stack([x, x]))[1],
    "trace": lambda f, x: wg.trace(wg.grad(f))(x[::-1].copy())(x),
    "jit": lambda f, x: wg.jit(wg.grad(f))(x),
    "tape": lambda f, x: by_tape(f, x),
}


def by_tape(f, x):
    x = wg.tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad.numpy()


# Rows that mix entries are mended by looking at numbers when a recording runs.
MIXING = ("norm of infinities", "prod", "det", "cumprod", "logsumexp", "std")
CONTRACTIONS = ("einsum", "einsum of three", "matvec", "vecdot", "matmul")


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("singular", SINGULAR)
def test_first_derivatives(singular):
    for mask in MASKS:
        f, x, first, _ = made(singular, mask)
        for mode, derive in MODES.items():
            np.testing.assert_allclose(derive(f, x), first, rtol=1e-9, err_msg=f"{mask}, {mode}")


@pytest.mark.parametrize("singular", SINGULAR)
def test_second_derivatives(singular):
    for mask in ("where", "an index", "fill", "sum, where="):
        f, x, _, second = made(singular, mask)
        for outer, inner in itertools.product((wg.jacrev, wg.jacfwd), repeat=2):
            mix = f"{mask}, {outer.__name__} of {inner.__name__}"
            np.testing.assert_allclose(outer(inner(f))(x), second, rtol=1e-9, atol=1e-12, err_msg=mix)


@pytest.mark.parametrize("singular", ["log", "exp that overflows", "x log x", "missing data", *MIXING, *CONTRACTIONS])
@pytest.mark.parametrize("mask", ["where", "sum, where=", "write over"])
def test_compiled(singular, mask):
    f, x, first, _ = made(singular, mask)
    np.testing.assert_allclose(wg.grad(wg.jit(f))(x), first, rtol=1e-9)
    np.testing.assert_allclose(wg.jit(wg.vmap(wg.grad(f)))(np.stack([x, x]))[1], first, rtol=1e-9)


@pytest.mark.parametrize("singular", ["arctan2", "missing data", "inf * inf", *MIXING, *CONTRACTIONS])
def test_compiled_second_derivatives(singular):
    f, x, _, second = made(singular, "where")
    for outer in (wg.jacrev, wg.jacfwd):
        np.testing.assert_allclose(wg.jit(outer(wg.grad(f)))(x), second, rtol=1e-9, atol=1e-12, err_msg=outer.__name__)


def test_rows_of_missing_data_do_not_reach_the_weights():
    x = np.array([[1.0, 2.0], [nan, 3.0], [4.0, 5.0]])
    known = ~np.isnan(x).any(axis=1)
    f = lambda w: np.sum(np.where(known, x @ w, 0.0) ** 2)
    expected = wg.grad(lambda w: np.sum((x[known] @ w) ** 2))(np.ones(2))
    np.testing.assert_allclose(wg.grad(f)(np.ones(2)), expected)
    np.testing.assert_allclose(wg.vmap(wg.grad(f))(np.ones((2, 2)))[1], expected)
    np.testing.assert_allclose(wg.jit(wg.grad(f))(np.ones(2)), expected)
    np.testing.assert_allclose(wg.hessian(f)(np.ones(2)), 2 * x[known].T @ x[known])


def test_a_product_with_a_mask_of_zeros_and_ones_is_a_product():
    """0 · ∞ is NaN as a value; the derivative is masked where the value was finite."""
    x = np.array([0.0, 4.0])
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(MASK * np.sqrt(x)))(x), [0.0, 0.25])
    assert np.isnan(np.sum(MASK * np.log(x)))


def test_what_is_not_masked_stays_undefined():
    assert np.isnan(wg.grad(lambda x: np.sqrt(x * x))(0.0))
    assert np.isnan(wg.grad(lambda x: np.log(x * 0.0))(3.0))
    assert np.isinf(wg.grad(np.log)(0.0))
    assert np.isnan(wg.grad(lambda x: np.sum(x * np.array([nan, 1.0])))(np.ones(2))[0])
    assert wg.grad(lambda x, y: y * np.exp(x), argnums=1)(1e3, 0.0) == inf


def test_hooks_see_a_cotangent_once():
    seen = []
    x = wg.tensor([1e3, 2.0], requires_grad=True)
    y = np.exp(x)
    y.register_hook(lambda g: seen.append(g.numpy()))
    np.where(MASK, y, 0.0).sum().backward()
    assert len(seen) == 1
    np.testing.assert_allclose(x.grad.numpy(), [0.0, np.exp(2.0)])


def test_what_was_saved_is_let_go_of_after_a_repeated_walk():
    x = wg.tensor([1e3, 2.0], requires_grad=True)
    y = np.where(MASK, np.exp(x), 0.0).sum()
    y.backward()
    with pytest.raises(wg.FreedGraph):
        y.backward()


def test_what_is_defined_beside_missing_matrices_is_left_as_it_is():
    """A rule that looks whether its operand is symmetric answers otherwise for the numbers it is probed with."""

    def known(x):
        return np.linalg.cholesky(3 * np.eye(3) + np.outer(np.sin(x), np.sin(x)))

    def f(x):
        both = np.stack([3 * np.eye(3) + np.outer(np.sin(x), np.sin(x)), np.eye(3) * (nan * x)])
        return np.sum(np.where(MASK[::-1, None, None], np.linalg.cholesky(both), 0.0))

    x = np.array([0.3, -0.8, 1.2])
    slope, v = wg.grad(lambda x: np.sum(known(x))), np.array([1.0, 2.0, -0.5])
    np.testing.assert_allclose(wg.grad(f)(x), slope(x))
    np.testing.assert_allclose(by_tape(f, x), slope(x))
    np.testing.assert_allclose(wg.jit(wg.grad(f))(x), slope(x))
    np.testing.assert_allclose(wg.vmap(wg.grad(f))(np.stack([x, x]))[1], slope(x))
    second = wg.jvp(slope, (x,), (v,))[1]
    for mode in (lambda x: wg.jvp(wg.grad(f), (x,), (v,))[1], wg.grad(lambda x: np.sum(wg.grad(f)(x) * v))):
        np.testing.assert_allclose(mode(x), second)
        np.testing.assert_allclose(wg.jit(mode)(x), second)
