"""The twins of SciPy's Python functions of special functions; the rows behind them are in the other modules."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

import wengert.scipy.special as twins
from tests.draws import C, F, G, P, R, S, U, V, at_kink
from tests.samples.special_gamma import between, from_left

# fmt: off


def T(name: str, *sets: Any, orders: tuple[Any, ...] = (), **flags: Any) -> None:
    """A twin, with its first operands (integer orders) given; its value is SciPy's."""
    theirs = getattr(special, name)
    S(f"scipy.special.{name}", lambda *xs, **params: getattr(twins, name)(*orders, *xs, **params), *sets,
      value=lambda *xs, **params: theirs(*orders, *xs, **params), **flags)


T("logsumexp", [R(3)], [R(2, 3), {"axis": 1, "keepdims": True}], [R(2, 3), {"axis": (0, 1)}], [F(3)], [C(3)])
T("logsumexp", [R(2, 3), {"axis": 0, "return_sign": True}], [C(3), {"return_sign": True}])
S("scipy.special.logsumexp", lambda a, b: twins.logsumexp(a, 1, b, False, True), [R(2, 3), R(2, 3)], [R(2, 3), R(3)],
  [V([[400.0, 401.0]]), V([[1.0, -1.0]])], [V([[1.0, 2.0]]), V([[0.0, 1.0]])],
  value=lambda a, b: special.logsumexp(a, 1, b, False, True))
T("softmax", [R(3)], [R(2, 3)], [R(2, 3), {"axis": 0}], [R(2, 2, 3), {"axis": (0, -1)}], [F(3)])
T("log_softmax", [R(3)], [R(2, 3)], [R(2, 3), {"axis": 0}], [R(2, 2, 3), {"axis": (0, -1)}])
T("softplus", [R(3)])
T("comb", [between(4, 6, 3), P(3)])
T("comb", [between(4, 6, 3), P(3), {"repetition": True}], [V(2.5), V(3.5)])
T("perm", [between(4, 6, 3), P(3)], [V(2.5), V(3.5)])
T("factorial", [P(3)], [V(-1.5, 0.5)], [V(-1.5, 0.5), {"extend": "complex"}])
T("factorial2", [P(3), {"extend": "complex"}])
T("factorialk", [P(3), {"k": 3, "extend": "complex"}], [V(2.5), {"k": -1, "extend": "complex"}])
S("scipy.special.multigammaln", lambda a: twins.multigammaln(a, 3), [G(3)], [V(1.5, 2.5, dtype="f4")],
  value=lambda a: special.multigammaln(a, 3))
T("polygamma", [P(3)], orders=(1,))
T("zeta", [G(3)], [G(3), P(3)])
T("lambertw", [P(3)], [C(2), {"k": -1}])
S("scipy.special.diric", lambda x: twins.diric(x, 4), [R(3)], [V(0.0, 2 * np.pi)], value=lambda x: special.diric(x, 4))
T("sinc", [R(3)])
for _name in ("jvp", "yvp", "ivp", "kvp", "h1vp", "h2vp"):
    T(_name, [P(2)], [P(2), {"n": 2}], [from_left(0.3, 1.2, 2)], orders=(1.3,))
for _name in ("spherical_jn", "spherical_yn", "spherical_in", "spherical_kn"):
    T(_name, [P(2)], [P(2), {"derivative": True}], [from_left(0.3, 1.2, 2)], orders=(2,))
    T(_name, [P(2), {"derivative": True}], orders=(0,))
T("riccati_jn", [P()], orders=(2,), batched=False)
T("riccati_yn", [P()], orders=(0,), batched=False)
for _name in ("pbdv_seq", "pbvv_seq"):
    T(_name, [P()], orders=(2.3,), batched=False)
    T(_name, [P()], orders=(0.2,), batched=False)
T("lmbda", [P()], orders=(2.3,), batched=False)
T("lmbda", [P()], orders=(0.3,), batched=False)
T("legendre_p", [U(2)], [U(2), {"diff_n": 2}], orders=(3,))
T("legendre_p_all", [U(2), {"diff_n": 1}], orders=(2,))
T("assoc_legendre_p", [U(2)], [U(2), {"diff_n": 2, "norm": True}],
  [G(2), {"branch_cut": 3, "diff_n": 1}], orders=(3, 1))
T("assoc_legendre_p_all", [U(), {"diff_n": 1}], orders=(2, 1))
T("sph_legendre_p", [U(2)], [U(2), {"diff_n": 2}], orders=(3, 1))
T("sph_legendre_p_all", [U(), {"diff_n": 1}], orders=(2, 1))
T("sph_harm_y", [U(2), R(2)], [U(2), R(2), {"diff_n": 1}], at_kink(V(0.0), R(), {"diff_n": 2}), orders=(3, 1))
T("sph_harm_y_all", [U(), R()], orders=(2, 1))
