"""Distribution functions and their inverses."""

from __future__ import annotations

from scipy import special

from tests.draws import F, G, P, R, S, U, V, at_kink
from tests.samples.special_gamma import between, given

# fmt: off
S("gdtr", special.gdtr, [P(2), P(2), P(2)])
S("gdtrc", special.gdtrc, [P(2), P(2), P(2)])
S("gdtria", special.gdtria, [U(2), P(2), P(2)])
S("gdtrib", special.gdtrib, [P(2), U(2), P(2)])
S("gdtrix", special.gdtrix, [P(2), P(2), U(2)])
S("chdtr", special.chdtr, [P(2), P(2)], [F(2), F(2)])
S("chdtrc", special.chdtrc, [P(2), P(2)])
S("chdtri", special.chdtri, [P(2), U(2)])
S("chdtriv", special.chdtriv, [U(2), P(2)])
S("btdtria", special.btdtria, [U(2), P(2), U(2)])
S("btdtrib", special.btdtrib, [P(2), U(2), U(2)])
S("fdtr", special.fdtr, [P(2), P(2), P(2)])
S("fdtrc", special.fdtrc, [P(2), P(2), P(2)])
S("fdtri", special.fdtri, [G(2), G(2), U(2)])
S("fdtridfd", special.fdtridfd, [between(3, 4, 2), between(0.4, 0.5, 2), between(0.8, 0.9, 2)])
S("stdtr", special.stdtr, [G(3), R(3)])
S("stdtrit", special.stdtrit, [G(2), U(2)])
S("stdtridf", special.stdtridf, [between(0.75, 0.85, 2), between(1.0, 1.3, 2)])
S("nrdtrimn", special.nrdtrimn, [U(2), P(2), R(2)])
S("nrdtrisd", special.nrdtrisd, [R(2), between(0.6, 0.9, 2), R(2)])
S("tklmbda", special.tklmbda, [between(-1, 1, 3), between(0.2, 0.8, 3)])
S("kolmogorov", special.kolmogorov, [between(0.4, 2, 4)])
S("kolmogi", special.kolmogi, [U(3)])

S("bdtr", special.bdtr, [V(0, 1, 2), V(2, 3, 4), U(3)])
S("bdtrc", special.bdtrc, [V(0, 1, 2), V(2, 3, 4), U(3)])
S("bdtri", special.bdtri, [V(0, 1, 2), V(2, 3, 4), U(3)])
S("bdtrik", special.bdtrik, [between(0.4, 0.6, 2), between(9, 11, 2), between(0.3, 0.5, 2)])
S("bdtrin", special.bdtrin, [between(3, 5, 2), between(0.4, 0.6, 2), between(0.3, 0.5, 2)])
S("nbdtr", special.nbdtr, [V(0, 1, 2), V(2, 3, 4), U(3)])
S("nbdtrc", special.nbdtrc, [V(0, 1, 2), V(2, 3, 4), U(3)])
S("nbdtri", special.nbdtri, [V(0, 1, 2), V(2, 3, 4), U(3)])
S("nbdtrik", special.nbdtrik, [between(0.4, 0.6, 2), between(4, 6, 2), between(0.3, 0.5, 2)])
S("nbdtrin", special.nbdtrin, [between(3, 5, 2), between(0.4, 0.6, 2), between(0.3, 0.5, 2)])
S("pdtr", special.pdtr, [V(0, 1, 2), P(3)])
S("pdtrc", special.pdtrc, [V(0, 1, 2), P(3)])
S("pdtri", special.pdtri, [V(0, 1, 2), U(3)])
S("pdtrik", special.pdtrik, [between(0.4, 0.6, 2), between(4, 6, 2)])

S("chndtr", lambda x, c: special.chndtr(x, 2.5, c), [P(2), P(2)])
S("chndtrix", lambda p, c: special.chndtrix(p, 2.5, c), [U(2), P(2)])
S("chndtrinc", lambda x, p: special.chndtrinc(x, 2.5, p), [between(4, 6, 2), between(0.5, 0.6, 2)])
S("nctdtr", given(special.nctdtr, 3.5), [P(2), R(2)])
S("nctdtrit", given(special.nctdtrit, 3.5), [P(2), U(2)])
S("nctdtrinc", lambda p, t: special.nctdtrinc(3.5, p, t), [between(0.3, 0.5, 2), between(1, 2, 2)])
S("ncfdtr", given(special.ncfdtr, 3.5, 4.5), [P(2), P(2)])
S("ncfdtri", given(special.ncfdtri, 3.5, 4.5), [P(2), U(2)])
S("ncfdtrinc", given(special.ncfdtrinc, 3.5, 4.5),
  at_kink(between(0.3, 0.5, 2), between(1.5, 2, 2)))  # its solver stops early
# No rule for any of their real operands: of integers they are constant.
S("chndtridf", lambda n: special.chndtridf(n, 0.5, 1.0), [V(2, 3)])
S("nctdtridf", lambda n: special.nctdtridf(0.7, 0.5, n), [V(2, 3)])
S("ncfdtridfn", lambda n: special.ncfdtridfn(0.5, 4.0, 1.0, n), [V(2, 3)])
S("ncfdtridfd", lambda n: special.ncfdtridfd(n, 0.5, 1.0, 1.2), [V(2, 3)])
S("smirnov", lambda n: special.smirnov(n, 0.3), [V(2, 3)])
S("smirnovi", lambda n: special.smirnovi(n, 0.3), [V(2, 3)])
