"""Polynomials, highest power first."""

from __future__ import annotations

import numpy as np

from tests.draws import C, F, I, P, R, S, V, at_kink, row

# fmt: off
S("polyval", np.polyval, [R(3), R()], [R(3), R(2, 2)], [C(2), R(2)], [F(3), F(2)], [R(2), I(3)], analytic=True)
S("polyval", lambda p: np.poly1d(p)(np.array([0.5, 2.0])), [V(2.0, 1.0, 3.0)], concrete=True)
S("polyadd", np.polyadd, [R(3), R(2)], [R(), R(2)], [C(1), R(2)], [F(2), F(2)])
S("polysub", np.polysub, [R(3), R(2)], [R(1), R(2)], [F(2), F(2)])
S("polymul", np.polymul, [R(3), R(2)], [C(2), C(2)], [F(2), F(2)], [R(), R(2)])
S("polydiv", np.polydiv, [R(4), R(2)], at_kink(V(1.0, 3.0, 2.0), V(1.0, 1.0)), [C(3), C(2)], concrete=True)
S("polydiv", lambda p: np.polydiv(p, [1.0, 2.0, 3.0]), [R(2)], concrete=True)
S("polyder", np.polyder, [R(4)], [R(4), {"m": 2}], [C(3)], [R(2), {"m": 3}], [F(3)])
S("polyint", np.polyint, [R(3)], [R(3), {"m": 2, "k": [1.0, 2.0]}], [C(2)], [R(2), {"m": 2, "k": 3.0}])
S("polyint", lambda p, k: np.polyint(p, 2, k), [R(2), R(2)])
S("poly", np.poly, [R(3)], [F(2)])
S("poly", np.poly, [C(2)], at_kink(V(1 + 2j, 1 - 2j)), [R(3, 3)], concrete=True)
S("roots", np.roots, [V(1.0, -6.0, 11.0, -6.0)], at_kink(V(0.0, 2.0, 1.0, 5.0, 0.0)), [C(3)],
  concrete=True)
S("polynomial_roots", row("polynomial_roots"), [V(1.0, -6.0, 11.0, -6.0)], [C(3)])
for _name in ("polyval2d", "polygrid2d"):
    S(f"polynomial.polynomial.{_name}", getattr(np.polynomial.polynomial, _name), [R(2), R(2), R(3, 2)],
      [R(), R(), R(2, 3)])
S("polyfit", np.polyfit, [R(5), R(5), {"deg": 2}], [R(4), R(4, 2), {"deg": 1}], [R(4), C(4), {"deg": 1}],
  [R(5), R(5), {"deg": 1, "cov": True}], [R(5), R(5), {"deg": 1, "cov": "unscaled"}],
  [R(4), R(4), {"deg": 1, "full": True}],
  [R(5), R(5, 2), {"deg": 1, "cov": True}])
S("polyfit", lambda x, y, w: np.polyfit(x, y, 2, w=w), [R(5), R(5), P(5)])
