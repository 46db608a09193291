"""wg.polynomial: NumPy's polynomials on tensors, where NumPy's own functions refuse or have to."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest

import wengert as wg

X = np.array([-0.8, -0.1, 0.4, 0.9])
FAMILIES = {"polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "hermite": "herm", "hermite_e": "herme",
            "laguerre": "lag"}  # fmt: skip
each_family = pytest.mark.parametrize(("family", "short"), FAMILIES.items())


def functions(family: str, short: str, name: str) -> tuple[Any, Any]:
    """The twin, and NumPy's own."""
    return getattr(getattr(wg.polynomial, family), short + name), getattr(getattr(np.polynomial, family), short + name)


@each_family
def test_fits_differentiate_in_points_values_and_weights(family: str, short: str) -> None:
    fit, theirs = functions(family, short, "fit")
    y, w = np.sin(3 * X), np.array([1.0, 2.0, 0.5, 1.5])
    f = lambda x, y, w: np.sum(np.arange(1, 4) * fit(x, y, 2, w=w))
    np.testing.assert_allclose(wg.vjp(f, X, y, w)[0], np.sum(np.arange(1, 4) * theirs(X, y, 2, w=w)))
    for n, found in enumerate(wg.grad(f, (0, 1, 2))(X, y, w)):
        quotients = []
        for unit in 1e-6 * np.eye(4):
            up, down = ([v + s * unit * (k == n) for k, v in enumerate((X, y, w))] for s in (1, -1))
            quotients.append((f(*up) - f(*down)) / 2e-6)
        np.testing.assert_allclose(found, quotients, rtol=1e-5, atol=1e-7)


@each_family
def test_points_of_several_polynomials_have_axes_of_their_own(family: str, short: str) -> None:
    """NumPy's own asks whether the points are an ndarray, and takes a tensor for a number."""
    value, theirs = functions(family, short, "val")
    c = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(wg.vjp(lambda x: value(x, c), X)[0], theirs(X, c))
    np.testing.assert_allclose(wg.vmap(lambda x: value(x, c))(np.stack([X, 2 * X]))[1], theirs(2 * X, c))


@each_family
@pytest.mark.parametrize("name", ["roots", "grid2d", "grid3d", "fit"])
@pytest.mark.filterwarnings("ignore::wengert.errors.ObjectBridgeWarning")
def test_numpys_own_names_the_twin(family: str, short: str, name: str) -> None:
    arguments = {
        "roots": lambda x: (x,), "fit": lambda x: (x, x, 1),
        "grid2d": lambda x: (x, x, np.stack([x, x])), "grid3d": lambda x: (x, x, x, np.stack([[x, x]])),
    }  # fmt: skip
    ours, theirs = functions(family, short, name)
    if (family, name) == ("polynomial", "grid2d"):  # which NumPy does tell us of
        return
    with pytest.raises(wg.errors.LostGradient, match=re.escape(f"wengert.polynomial.{family}.{short}{name}")):
        theirs(*arguments[name](wg.tensor(X, requires_grad=True)))
    assert isinstance(ours(*arguments[name](wg.tensor(X, requires_grad=True))), wg.Tensor)


def test_plain_numbers_get_numpys_results() -> None:
    found = wg.polynomial.legendre.legfit(X, X**2, 2)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, np.polynomial.legendre.legfit(X, X**2, 2))
    assert wg.polynomial.chebyshev.Chebyshev is np.polynomial.Chebyshev
    assert inspect.signature(wg.polynomial.laguerre.lagfit) == inspect.signature(np.polynomial.laguerre.lagfit)


@pytest.mark.parametrize("name", ["polynomial.polyval", "chebyshev.chebval", "laguerre.lagval", "hermite_e.hermeval"])
def test_several_series_at_tracked_points_are_refused(name: str) -> None:
    c, x = np.arange(6.0).reshape(3, 2), np.array([0.3, 0.7])
    module, function = name.split(".")
    theirs = getattr(getattr(np.polynomial, module), function)
    ours = getattr(getattr(wg.polynomial, module), function)
    for way in (lambda f: wg.grad(f)(x), lambda f: wg.jit(f)(x), lambda f: wg.jvp(f, (x,), (x,))):
        with pytest.raises(wg.LostGradient, match=f"wengert.polynomial.{name}"):
            way(lambda x: np.sum(theirs(x, c)))
    expected = wg.grad(lambda x: np.sum(theirs(x, c[:, 0])) + np.sum(theirs(x, c[:, 1])))(x)
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(ours(x, c)))(x), expected)
    wg.grad(lambda x: np.sum(theirs(x, c, tensor=False)))(x)
