"""Stacks of matrices of which one is missing, or has no derivative, behind a mask: the others do not know of it."""

import numpy as np
import pytest

import wengert as wg
import wengert.scipy.linalg as sl

GOOD = np.random.default_rng(0).standard_normal((3, 3)) + 3 * np.eye(3)
ALONG = np.stack([np.random.default_rng(1).standard_normal((3, 3))] * 2)
RIGHT = np.random.default_rng(2).standard_normal((2, 3, 2))
KNOWN = np.array([True, False])
BAD = {"missing": np.full((3, 3), np.nan), "singular": np.ones((3, 3))}


def gram(a):
    return a @ np.swapaxes(a, -2, -1)


FUNCTIONS = {
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "det": np.linalg.det,
    "q": lambda a: np.linalg.qr(a)[0],
    "r": lambda a: np.linalg.qr(a)[1],
    "inv": np.linalg.inv,
    "solve": lambda a: np.linalg.solve(a, RIGHT),
    "cholesky": lambda a: np.linalg.cholesky(gram(a)),
    "matrix_power": lambda a: np.linalg.matrix_power(a, 3),
    "negative power": lambda a: np.linalg.matrix_power(a, -2),
    "l": lambda a: sl.lu(a)[1],
    "pinv": np.linalg.pinv,
    "eigvalsh": lambda a: np.linalg.eigvalsh(gram(a)),
    "svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
}
# NumPy and SciPy refuse the other ones.
CASES = [(f, "missing") for f in list(FUNCTIONS)[:9]]
CASES += [(f, "singular") for f in ("slogdet", "det", "q", "r", "matrix_power", "l", "pinv", "eigvalsh", "svdvals")]
# At values that coincide second derivatives are accumulated forwards.
ONCE = ("pinv", "eigvalsh", "svdvals")


def loss_of(f):
    def loss(a):
        y = f(a)
        return np.sum(np.where(np.reshape(KNOWN, (2,) + (1,) * (y.ndim - 1)), np.sin(y), 0.0))

    return loss


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.filterwarnings("ignore:Diagonal number")
@pytest.mark.parametrize(("name", "bad"), CASES, ids=map(", ".join, CASES))
def test_gradients(name, bad):
    slope = wg.grad(loss_of(FUNCTIONS[name]))
    orders = {"first": slope, "second": wg.grad(lambda a: np.sum(slope(a) * ALONG))}
    a = np.stack([GOOD, BAD[bad]])
    for order, mode in list(orders.items())[: 1 if name in ONCE else 2]:
        expected = mode(np.stack([GOOD, GOOD]))
        expected[1] = 0.0
        for way, run in {"eager": mode, "compiled": wg.jit(mode)}.items():
            np.testing.assert_allclose(run(a), expected, rtol=1e-8, atol=1e-9, err_msg=f"{order}, {way}")


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", ["slogdet", "q"])
def test_batches(name, bad):
    """The mask may differ between the entries of a batch, too."""

    def loss(a, known):
        return np.sum(np.where(known, np.sin(FUNCTIONS[name](a)), 0.0))

    a = np.stack([GOOD, BAD[bad]])
    expected = np.stack([wg.grad(loss)(GOOD, True), np.zeros((3, 3))])
    for run in (wg.vmap(wg.grad(loss)), wg.jit(wg.vmap(wg.grad(loss)))):
        np.testing.assert_allclose(run(a, KNOWN), expected, rtol=1e-9, atol=1e-12)


def test_what_is_not_masked_is_refused():
    with pytest.raises(wg.NotDifferentiable, match=r"matrix \[1\]"):
        wg.grad(lambda a: np.sum(np.linalg.slogdet(a)[1]))(np.stack([GOOD, np.ones((3, 3))]))


def test_a_weight_of_zero_is_no_mask():
    """It has a derivative, for which the inverse is needed."""
    slope = wg.grad(lambda a, w: np.sum(w * np.linalg.slogdet(a)[1]))
    a = np.stack([GOOD, np.ones((3, 3))])
    with pytest.raises(wg.NotDifferentiable):
        wg.grad(lambda w: np.sum(slope(a, w)))(np.array([1.0, 0.0]))
