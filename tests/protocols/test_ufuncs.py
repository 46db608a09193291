"""`__array_ufunc__`: every ufunc that NumPy has means on tensors what it means on arrays, with all its keywords."""

import functools

import numpy as np
import pytest

import wengert as wg

X = np.array([0.3, 0.8, 0.6, 0.1])
Y = np.array([2.0, 0.5, 1.5, 3.0])
UFUNCS = {name: f for name, f in vars(np).items() if isinstance(f, np.ufunc) and name == f.__name__}
FLOAT = {name: f for name, f in UFUNCS.items() if "d->" in "".join(f.types) and f.signature is None}
UNARY = {n: f for n, f in FLOAT.items() if f.nin == 1 and f.nout == 1}
BINARY = {n: f for n, f in FLOAT.items() if f.nin == 2 and f.nout == 1 and "dd->d" in f.types}
unary = pytest.mark.parametrize("f", UNARY.values(), ids=UNARY)
binary = pytest.mark.parametrize("f", BINARY.values(), ids=BINARY)


def plain(x):
    return tuple(plain(item) for item in x) if isinstance(x, tuple) else x.numpy() if isinstance(x, wg.Tensor) else x


def same(ours, theirs):
    assert isinstance(ours, wg.Tensor)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-14)


@pytest.mark.filterwarnings("ignore:(invalid|divide):RuntimeWarning")
@unary
def test_unary(f):
    x = np.where(f in (np.arccosh,), X + 1, X)
    t = wg.tensor(x)
    same(f(t), f(x))
    out = wg.zeros(4, dtype=f(x).dtype)
    assert f(t, out=out) is out
    same(out, f(x))
    mask = np.array([True, False, True, False])
    out = wg.ones(4, dtype=f(x).dtype)
    f(t, out=out, where=mask)
    same(out, np.where(mask, f(x), np.ones(4, out.dtype)))
    into = np.ones(4, out.dtype)
    assert f(t, out=into) is into  # a plain array may receive untracked values
    np.testing.assert_allclose(into, f(x))


@binary
def test_binary(f):
    t = wg.tensor(X)
    same(f(t, Y), f(X, Y))
    same(f(Y, t), f(Y, X))
    same(f(t, [2.0, 0.5, 1.5, 3.0]), f(X, Y))
    same(f(t, 2), f(X, 2))
    same(f(np.float64(2.0), t), f(np.float64(2.0), X))
    out = wg.zeros(4)
    f(X, Y, out=out)
    same(out, f(X, Y))


def fold(f, rows):
    """What reduce means; NumPy 2.4's own power.reduce and arctan2.reduce leave entries out on some processors."""
    return functools.reduce(f, rows)


@binary
def test_methods_of_binary_ufuncs(f):
    a = np.stack([X, Y, X + 1])
    t = wg.tensor(a)
    same(f.reduce(t, axis=0), fold(f, a))
    same(f.reduce(t, axis=1, keepdims=True), fold(f, a.T)[:, None])
    same(f.accumulate(t, axis=1), f.accumulate(a, axis=1))
    same(f.reduceat(t, [0, 2, 1], axis=1), np.stack([fold(f, a.T[:2]), a[:, 2], fold(f, a.T[1:])], axis=1))
    same(f.outer(t[0], Y), f.outer(a[0], Y))
    same(f.outer(X, t[1]), f.outer(X, a[1]))
    mine, theirs = wg.tensor(X), X.copy()
    f.at(mine, [0, 1, 1, -1], Y)
    f.at(theirs, [0, 1, 1, -1], Y)
    same(mine, theirs)


DIFFERENTIABLE = [np.add, np.multiply, np.subtract, np.divide, np.maximum, np.power, np.logaddexp, np.hypot]
METHODS = {
    "reduce": lambda f, x: f.reduce(x),
    "reduce of columns": lambda f, x: np.sum(f.reduce(np.reshape(x, (2, 2)), axis=1) * Y[:2]),
    "accumulate": lambda f, x: np.sum(f.accumulate(x) * Y),
    "reduceat": lambda f, x: np.sum(f.reduceat(x, [0, 3, 1]) * Y[:3]),
    "outer": lambda f, x: np.sum(f.outer(x[:2], x) * Y),
    "where": lambda f, x: np.sum(f(x, Y, where=[True, False, True, True], out=np.zeros(4, like=x))),
    "initial": lambda f, x: f.reduce(x, initial=0.5) if f in (np.add, np.multiply, np.maximum) else f.reduce(x),
}


@pytest.mark.parametrize("use", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("f", DIFFERENTIABLE, ids=lambda f: f.__name__)
def test_methods_are_differentiable(f, use):
    program = lambda x: use(f, x) if isinstance(x, wg.core.array.Array) else use(f, wg.tensor(x)).numpy()
    g = wg.grad(program)(X)
    h = 1e-6
    numeric = [(program(X + h * e) - program(X - h * e)) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(g, numeric, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(wg.jacfwd(program)(X), g, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(wg.vmap(program)(np.stack([X, Y])), [program(X), program(Y)])


@pytest.mark.parametrize("f", [np.add, np.multiply, np.subtract, np.maximum, np.divide], ids=lambda f: f.__name__)
def test_at_is_differentiable(f):
    def program(x):
        y = np.sin(x)
        f.at(y, np.array([0, 2, 2]), x[:3] + 1)
        return np.sum(y * Y)

    h = 1e-6
    numeric = [(program(X + h * e) - program(X - h * e)) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(wg.grad(program)(X), numeric, rtol=1e-6)
    np.testing.assert_allclose(wg.jacfwd(program)(X), numeric, rtol=1e-6)


def test_dtype_and_casting():
    t = wg.tensor(X)
    assert np.add(t, 1, dtype=np.float32).dtype == np.float32
    assert np.add.reduce(wg.tensor([1, 2]), dtype=float).dtype == float
    assert np.sin(wg.tensor([1, 2])).dtype == float
    with pytest.raises(TypeError, match="cast"):
        np.add(t, 1, dtype=int)
    with pytest.raises(TypeError, match="cast"):
        np.add(t, 0.5, out=wg.zeros(4, dtype=int))
    assert wg.grad(lambda x: np.multiply(x, 2, dtype=np.float64))(np.float32(1.0)).dtype == np.float32


def test_several_results():
    t = wg.tensor(X * 5)
    for f in (np.modf, np.frexp):
        for ours, theirs in zip(f(t), f(X * 5), strict=True):
            np.testing.assert_allclose(plain(ours), theirs)
    for ours, theirs in zip(np.divmod(t, 0.4), np.divmod(X * 5, 0.4), strict=True):
        same(ours, theirs)
    whole, part = wg.zeros(4), wg.zeros(4)
    np.modf(t, out=(part, whole))
    same(part, np.modf(X * 5)[0])
    same(whole, np.modf(X * 5)[1])


def test_integers_and_booleans():
    i, b = wg.tensor([6, 4, 3]), wg.tensor([True, False, True])
    for f in (np.gcd, np.lcm, np.bitwise_and, np.left_shift, np.floor_divide, np.remainder):
        same(f(i, [2, 3, 1]), f(np.array([6, 4, 3]), [2, 3, 1]))
    same(np.logical_not(b), np.array([False, True, False]))
    same(np.invert(i), np.invert(np.array([6, 4, 3])))
    same(np.logical_and.reduce(b), np.False_)
    same(np.bitwise_or.reduce(i), np.int64(7))


def test_who_decides_in_mixed_expressions():
    t, a = wg.tensor(X), Y
    for expression in (
        lambda t, a: a * t,
        lambda t, a: np.float64(2.0) * t,
        lambda t, a: a @ t,
        lambda t, a: t @ a,
        lambda t, a: [1.0, 2.0, 3.0, 4.0] + t,  # noqa: RUF005 (addition)
        lambda t, a: 2**t,
        lambda t, a: a // t,
        lambda t, a: np.int64(3) - t,
        lambda t, a: a[0] / t,
        lambda t, a: a < t,
    ):
        same(expression(t, a), expression(X, a))
    b = a.copy()
    b *= t
    assert type(b) is np.ndarray
    np.testing.assert_allclose(b, a * X)


def test_a_ufunc_without_a_row():
    private = pytest.importorskip("scipy.special._ufuncs")._lgam1p
    np.testing.assert_allclose(private(wg.tensor(X)), private(X))
    with pytest.raises(wg.errors.MissingRule, match=r"_lgam1p.*test_ufuncs\.py:") as error:
        wg.grad(private)(1.0)
    assert len(str(error.value).splitlines()) == 3
    np.testing.assert_array_equal(np.bitwise_count(wg.tensor([3, 4])), [2, 1])


def test_matmul_and_its_kin():
    a, b = X.reshape(2, 2), Y.reshape(2, 2)
    same(np.matmul(wg.tensor(a), b), a @ b)
    same(np.vecdot(wg.tensor(a), b), np.vecdot(a, b))
    out = wg.zeros((2, 2))
    np.matmul(a, b, out=out)
    same(out, a @ b)
