"""Special functions."""

from __future__ import annotations

import numpy as np
from scipy import special

import wengert.special  # noqa: F401 (all rows)
from tests.draws import C, F, I, P, R, S, U, V, row

# fmt: off
# --- special functions ------------------------------------------------------------------------------------------

for _name in ("erf", "erfc", "ndtr", "expit", "log_expit"):
    S(_name, getattr(special, _name), [R(3)], [R()], [F(3)])
S("expit", row("expit"), [C(3)], [C(2, 2)], value=lambda x: 1 / (1 + np.exp(-x)))
S("erfinv", special.erfinv, [U(3)], [U(2, 2)])
S("logit", special.logit, [U(3)], [U(2, 2)])
S("softplus", row("softplus"), [R(3)], [F(3)], value=lambda x: np.logaddexp(x, np.zeros_like(x)))
S("gamma", special.gamma, [P(3)])
S("gammaln", special.gammaln, [P(3)], [F(3)])
S("psi", special.psi, [P(3)], [F(3)])
S("polygamma", row("polygamma"), [V(1), P(3)], [I(2, 1), P(3)], value=special.polygamma)
S("xlogy", special.xlogy, [R(3), P(3)], [R(2, 1), P(3)], [F(3), F(3)], [V(0.0, 1.0), P(2)])
S("xlog1py", special.xlog1py, [R(3), P(3)], [F(3), F(3)])
S("entr", special.entr, [P(3)], [F(3)])
