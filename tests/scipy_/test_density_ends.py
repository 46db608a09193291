"""Densities and probabilities at an end of the support itself, in all orders of the two modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

import wengert as wg
from tests.special.test_edges import MODES

INF = np.inf
# Distribution, x and shapes; the gradient and the second derivative in x. Most are c xᵏ (1 + ...) at 0.
# fmt: off
ENDS: list[tuple[str, list[float], list[float], float]] = [
    ("chi", [0.0, 2.0], [1, 0], 0),                             # x
    ("chi", [0.0, 3.0], [0, 0], 2 * np.sqrt(2 / np.pi)),        # √(2/π) x²
    ("f", [0.0, 6.0, 3.0], [0, 0, 0], 105),                     # 8 x² / B(3, 3/2)
    ("betaprime", [0.0, 3.0, 2.0], [0, 0, 0], 24),              # 12 x²
    ("weibull_max", [0.0, 2.0], [-2, 0], 0),                    # -2 x
    ("gengamma", [0.0, 1.0, 2.0], [2, 0, 0], 0),                # 2 x
    ("gengamma", [0.0, 1.5, 2.0], [0, 0, 0], 4 / special.gamma(1.5)),
    ("exponpow", [0.0, 3.0], [0, 0], 6),                        # 3 x²
    ("rdist", [-1.0, 6.0], [0, 0], 7.5),                        # 15/16 (1 - x²)²
    ("semicircular", [-1.0], [INF], -INF),
    ("ncx2", [0.0, 6.0, 1.0], [0, 0, 0], np.exp(-0.5) / 8),     # e^(-λ/2) x²/16
    ("ncf", [0.0, 6.0, 3.0, 1.0], [0, 0, 0, 0], 105 * np.exp(-0.5)),
    ("pearson3", [1.0, -2.0], [1, -INF], 1),                    # e^(x - 1)
    ("invgamma", [0.0, 4.0], [0, 0], 0),                        # vanishes faster than any power, like the following
    ("lognorm", [0.0, 0.9], [0, 0], 0),
    ("levy", [0.0], [0], 0),
    ("johnsonsb", [1.0, 4.0, 3.0], [0, 0, 0], 0),
    ("invgauss", [0.0, 2.0], [0, 0], 0),
    ("fatiguelife", [0.0, 2.0], [0, 0], 0),
    ("genextreme", [-10.0, -0.1], [0, 0], 0),
    ("kappa4", [10.0, 0.0, 0.1], [0, 0, 0], 0),
]
# fmt: on


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "x", "slopes", "bend"), ENDS, ids=lambda v: v if isinstance(v, str) else "")
def test_densities_have_their_slopes_at_the_end(
    name: str, x: list[float], slopes: list[float], bend: float, mode: str
) -> None:
    def pdf(v: Any) -> Any:
        return getattr(wg.scipy.stats, name).pdf(*v)

    with np.errstate(all="ignore"):
        gradients = wg.grad(pdf)(np.array(x)), wg.jacfwd(pdf)(np.array(x))
        found = MODES[mode](pdf)(np.array(x))
    for gradient in gradients:
        np.testing.assert_allclose(gradient, slopes, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found[0, 0], bend, rtol=1e-8, atol=1e-12)


def test_ends_among_other_places() -> None:
    x = np.array([0.0, 0.5, 0.0, 2.0, -1.0])
    shape = np.array([2.0, 2.0, 4.0, 3.0, 2.0])

    def total(x: Any) -> Any:
        return np.sum(wg.scipy.stats.chi.pdf(x, shape))

    want = [1, (1 - 0.25) * np.exp(-0.125), 0, (4 - 8) * np.sqrt(2 / np.pi) * np.exp(-2), 0]
    np.testing.assert_allclose(wg.grad(total)(x), want, rtol=1e-12)
    np.testing.assert_allclose(wg.jit(wg.grad(total))(x), want, rtol=1e-12)
    each = wg.vmap(wg.grad(lambda x, df: wg.scipy.stats.chi.pdf(x, df)))(x, shape)
    np.testing.assert_allclose(each, want, rtol=1e-12)
    half = wg.grad(total)(x.astype(np.float32))
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, want, rtol=1e-5)


@pytest.mark.parametrize("method", ["cdf", "sf"])
@pytest.mark.parametrize("mode", [wg.grad, wg.jacfwd, *MODES.values()])
@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("lognorm", [0.0, 0.9]),
        ("genextreme", [-10.0, -0.1]),
        ("kappa4", [10.0, 0.0, 0.1]),
        ("dpareto_lognorm", [0.0, 3.0, 1.2, 1.5, 2.0]),
    ],
)
def test_probabilities_do_not_move_where_the_density_vanishes(
    name: str, x: list[float], method: str, mode: Any
) -> None:
    with np.errstate(all="ignore"):
        found = mode(lambda v: getattr(getattr(wg.scipy.stats, name), method)(*v))(np.array(x))
    np.testing.assert_array_equal(found, np.zeros_like(found))


# Distribution, probability and shapes; the gradient, and the derivatives of the first of its entries.
L3 = np.log(1.3)
# fmt: off
QUANTILES: list[tuple[str, list[float], list[float], list[float]]] = [
    ("uniform", [0.0], [1], [0]),
    ("uniform", [1.0], [1], [0]),
    ("expon", [0.0], [1], [1]),
    ("gamma", [0.0, 0.5], [0, 0], [np.pi / 2, 0]),              # π/4 q²
    ("bradford", [0.0, 0.3], [L3 / 0.3, 0], [L3**2 / 0.3, 1 / 0.39 - L3 / 0.09]),          # (1.3^q - 1) / 0.3
    ("halfnorm", [0.0], [np.sqrt(np.pi / 2)], [0]),
    ("genpareto", [0.0, 0.1], [1, 0], [1.1, 0]),                # ((1 - q)^(-c) - 1) / c
    ("loguniform", [0.0, 0.5, 2.0], [np.log(2), 1, 0], [np.log(4) ** 2 / 2, np.log(4) - 1, 0.25]),  # a (b/a)^q
    ("loguniform", [1.0, 0.5, 2.0], [2 * np.log(4), 0, 1], [2 * np.log(4) ** 2, -4, 1 + np.log(4)]),
]
# fmt: on


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("name", "x", "slopes", "bends"), QUANTILES, ids=lambda v: v if isinstance(v, str) else "")
def test_quantiles_have_their_slopes_at_the_end(
    name: str, x: list[float], slopes: list[float], bends: list[float], mirrored: bool, mode: str
) -> None:
    dist = getattr(wg.scipy.stats, name)

    def quantile(v: Any) -> Any:
        return dist.isf(1 - v[0], *v[1:]) if mirrored else dist.ppf(*v)

    for gradient in (wg.grad(quantile)(np.array(x)), wg.jacfwd(quantile)(np.array(x))):
        np.testing.assert_allclose(gradient, slopes, rtol=1e-9, atol=1e-12)
    found = MODES[mode](quantile)(np.array(x))
    np.testing.assert_allclose(found[0], bends, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found[:, 0], bends, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "shapes", "want"),
    [("halfnorm", [], [np.sqrt(np.pi / 2), INF]), ("norm", [], [INF, INF]), ("lognorm", [0.5], [INF, INF]),
     ("weibull_min", [0.5], [0, INF])],
)  # fmt: skip
def test_quantiles_are_steep_where_the_density_vanishes(name: str, shapes: list[float], want: list[float]) -> None:
    def total(q: Any) -> Any:
        with np.errstate(invalid="ignore"):  # of the normal one, ∞ - ∞
            return np.sum(getattr(wg.scipy.stats, name).ppf(q, *shapes)[[0, 2]])

    q = np.array([0.0, 0.5, 1.0])
    wanted = [want[0], 0, want[1]]
    np.testing.assert_allclose(wg.grad(total)(q), wanted)
    np.testing.assert_allclose(wg.jit(wg.grad(total))(q), wanted)
    half = wg.grad(total)(q.astype(np.float32))
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, wanted, rtol=1e-6)
    with np.errstate(all="ignore"):
        assert not np.isfinite(wg.grad(wg.grad(lambda q: getattr(wg.scipy.stats, name).ppf(q, *shapes)))(1.0))
