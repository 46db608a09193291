"""The six families of `numpy.polynomial`, as functions."""

from __future__ import annotations

from benchmarks.conformance.probe import each, probe
from tests.draws import P, R, V

FAMILIES = {
    "polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "hermite": "herm", "hermite_e": "herme",
    "laguerre": "lag",
}  # fmt: skip

# fmt: off
for _family, _short in FAMILIES.items():
    _at = f"np.polynomial.{_family}.{_short}"
    each(f"{_at}{{}}(x, y)", "add sub mul", R(3), R(2))
    probe(f"{_at}div(x, y)", R(4), R(2))
    each(f"{_at}{{}}(x)", "mulx der int companion", R(4))
    probe(f"{_at}trim(x)", R(3))
    probe(f"{_at}fromroots(x)", R(3))
    probe(f"{_at}pow(x, 2)", R(3))
    probe(f"{_at}line(x, y)", R(), R())
    probe(f"{_at}roots(x)", V(-1.0, 3.0, 0.4, 1.0))
    probe(f"{_at}val(x, y)", R(4), R(3))
    each(f"{_at}{{}}2d(x, y, z)", "val grid", R(2), R(2), R(2, 3))
    each(f"{_at}{{}}3d(x, y, z, w)", "val grid", R(2), R(2), R(2), R(2, 2, 2))
    probe(f"{_at}vander(x, 3)", R(4))
    probe(f"{_at}vander2d(x, y, [1, 2])", R(3), R(3))
    probe(f"{_at}vander3d(x, y, z, [1, 1, 1])", R(2), R(2), R(2))
    probe(f"{_at}fit(x, y, 2)", R(5), R(5))
    if _family != "polynomial":
        probe(f"np.polynomial.{_family}.{_short}2poly(x)", R(4))
        probe(f"np.polynomial.{_family}.poly2{_short}(x)", R(4))
        probe(f"{_at}weight(x)", V(0.2, 0.5, -0.3) if _family == "chebyshev" else P(3))
    probe(f"np.polynomial.{_family}.{_family.title().replace('_', '')}(x)(y)", R(3), R(2))
probe("np.polynomial.polynomial.polyvalfromroots(x, y)", R(3), R(2))
probe("np.polynomial.chebyshev.chebinterpolate(lambda t: np.sin(t), 3) * x", R(4))
