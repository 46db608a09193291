"""Random compositions of functions that blow up, behind masks: all modes find what they find where nothing blows up."""

import numpy as np
import pytest

import wengert as wg

MASK = np.array([False, True, True])
POINT = np.array([0.9, 0.7, 1.3])
HIDDEN = [0.0, -1.0, 1e200, np.inf, -np.inf, np.nan]

FUNCTIONS = {
    "log": np.log,
    "sqrt": np.sqrt,
    "reciprocal": lambda x: 1 / x,
    "exp": np.exp,
    "power": lambda x: x**-1.5,
    "x log x": lambda x: x * np.log(x),
    "norm": lambda x: np.linalg.norm(np.stack([x, 1 / x]), axis=0),
    "prod": lambda x: np.prod(np.stack([x, 1 / x, x + 1]), axis=0),
    "cumprod": lambda x: np.cumprod(np.stack([1 / x, x, x]), axis=0)[2],
    "logsumexp": lambda x: np.logaddexp.reduce(np.stack([x, 1 / x]), axis=0),
    "einsum": lambda x: np.einsum("i,i->i", 1 / x, x + 1),
    "matmul": lambda x: (np.stack([x, 1 / x], -1) @ np.outer([1, 0.5], x[1:]))[:, 0],
    "arctan2": lambda x: np.arctan2(1 / x, x),
    "hypot": lambda x: np.hypot(x, 1 / x),
    "var": lambda x: np.var(np.stack([x, 1 / x, x * x]), axis=0),
    "clip": lambda x: np.clip(x, -3, 3),
    "huber": lambda x: np.where(np.abs(x) < 1, 0.5 * x * x, np.abs(x) - 0.5),
    "sin(x) / x": lambda x: np.sin(x) / x,
}


def _filled(y):
    z = np.zeros(3, like=y)
    z[MASK] = y[MASK]
    return z


MASKS = {
    "where": lambda y: np.where(MASK, y, 0.0),
    "index": lambda y: y[MASK],
    "fill": _filled,
    "out=, where=": lambda y: np.multiply(y, 1.0, out=np.zeros(3, like=y), where=MASK),
    "clip of where": lambda y: np.clip(np.where(MASK, y, 0), -9, 9),
    "where of where": lambda y: np.where(MASK, np.where(MASK, y, 1) * y, 2.0),
}
ENDS = {
    "sum": np.sum,
    "squares": lambda y: np.sum(y * y),
    "tanh": lambda y: np.sum(np.tanh(y)),
    "norm": np.linalg.norm,
}


def composed(seed):
    """A function, a point whose first entry is hidden, and the first and second derivative there."""
    rng = np.random.default_rng(seed)
    while True:
        names = [*rng.choice(list(FUNCTIONS), rng.integers(1, 4)), rng.choice(list(MASKS)), rng.choice(list(ENDS))]
        f = _composition([str(name) for name in names])
        first, second = np.array(wg.grad(f)(POINT)), np.array(wg.jacfwd(wg.grad(f))(POINT))
        first[0] = second[0] = second[:, 0] = 0
        if np.isfinite(f(POINT)) and np.isfinite(first).all() and np.max(np.abs(second)) < 1e6:
            return f, np.array([HIDDEN[seed % len(HIDDEN)], *POINT[1:]]), first, second


def _composition(names):
    *chain, mask, end = names

    def f(x):
        for name in chain:
            x = FUNCTIONS[name](x)
        return ENDS[end](MASKS[mask](x))

    return f


@pytest.mark.parametrize("seed", range(24))
def test_what_is_hidden_does_not_matter(seed):
    with np.errstate(all="ignore"):
        f, x, first, second = composed(seed)
        modes = {
            "reverse": (wg.grad(f)(x), first),
            "forward": (wg.jacfwd(f)(x), first),
            "batch": (wg.vmap(wg.grad(f))(np.stack([POINT, x]))[1], first),
            "compiled": (wg.jit(wg.grad(f))(x), first),
            "of compiled": (wg.grad(wg.jit(f))(x), first),
            "reverse of reverse": (wg.jacrev(wg.grad(f))(x), second),
            "forward of reverse": (wg.jacfwd(wg.grad(f))(x), second),
            "reverse of forward": (wg.jacrev(wg.jacfwd(f))(x), second),
        }
        if seed % 4 == 0:
            modes["compiled, second order"] = (wg.jit(wg.jacfwd(wg.grad(f)))(x), second)
    for mode, (got, expected) in modes.items():
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-9, err_msg=mode)
