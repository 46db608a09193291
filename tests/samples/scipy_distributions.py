"""Every distribution of SciPy's, in its argument and the shape parameters that are no counts."""

from __future__ import annotations

import scipy.stats
from scipy.stats._distr_params import distcont, distdiscrete

from tests.draws import P, S, U, V
from wengert.scipy import stats

SHAPES = {name: args for name, args in reversed(distcont + distdiscrete) if isinstance(name, str)}
SHAPES |= {
    "fatiguelife": (2.9,),
    "kappa4": (0.1, 0.2),
    "gausshyper": (1.8, 3.1, 2.5, 5.2),
    "nbinom": (4.5, 0.4),
    "ksone": (7,),
}
COUNTS = {"erlang", "ksone", "kstwo", "irwinhall"}
# Their densities have no derivative, and one value of the slow ones takes seconds.
OPAQUE = {"ksone", "kstwo", "landau"}
SLOW = {"levy_stable", "studentized_range"}


def _of(name, k, shapes, live):
    """The probability of k, a function of those shape parameters."""

    def function(*moving):
        values = list(shapes)
        for n, x in zip(live, moving, strict=True):
            values[n] = x
        return getattr(stats, name).pmf(k, *values)

    return function


for _name in (n for n in stats.__all__ if n not in SLOW):
    _theirs, _twin = getattr(scipy.stats, _name), getattr(stats, _name)
    if not isinstance(_theirs, scipy.stats.rv_continuous | scipy.stats.rv_discrete):
        continue
    _shapes = SHAPES.get(_name, ())
    if isinstance(_theirs, scipy.stats.rv_continuous):
        _x = V(*_theirs.ppf([0.3, 0.95 if _name == "kstwobign" else 0.7], *_shapes))  # SciPy's series ends early
        if _name == "kappa4":  # SciPy's does not take single precision

            def _kappa(x, h, k):
                return stats.kappa4.pdf(x.astype(float), h.astype(float), k.astype(float))

            S("scipy.stats.kappa4.pdf", _kappa, [_x, *[V(a) for a in _shapes]], order=1)
        elif _name in COUNTS:
            S(f"scipy.stats.{_name}.cdf", lambda x, n=_name, a=_shapes: getattr(stats, n).cdf(x, *a), [_x], order=1)
        else:
            _method = "cdf" if _name in OPAQUE else "pdf"
            S(f"scipy.stats.{_name}.{_method}", getattr(_twin, _method), [_x, *[V(float(a)) for a in _shapes]], order=1)
    else:
        _live = [n for n, a in enumerate(_shapes) if not isinstance(a, list) and not float(a).is_integer()]
        if _live and _name != "nchypergeom_wallenius":
            _k = _theirs.ppf([0.3, 0.7], *_shapes)
            S(f"scipy.stats.{_name}.pmf", _of(_name, _k, _shapes, _live), [V(_shapes[n]) for n in _live], order=1)
        else:
            S(
                f"scipy.stats.{_name}.ppf",
                lambda p, n=_name, a=_shapes: getattr(stats, n).ppf(0.3, *a, loc=p),
                [P()],
                order=1,
            )
for _name in ("exponnorm", "ncx2"):  # searched for, and integrated, by SciPy
    _args = [V(float(a)) for a in SHAPES[_name]]
    S(f"scipy.stats.{_name}.ppf", getattr(stats, _name).ppf, [U(2), *_args], order=2)
S("scipy.stats.rice.entropy", stats.rice.entropy, [P()], order=1)
S("scipy.stats.weibull_min.moment", lambda c: stats.weibull_min.moment(3, c), [P(2)], order=2)
S("scipy.stats.geninvgauss.cdf", stats.geninvgauss.cdf, [P(2), V(2.3), V(1.5)], order=2)
S("scipy.stats.levy_stable.cdf", lambda x: stats.levy_stable.cdf(x, 1.8, -0.5), [V(0.3)], order=1)
S("scipy.stats.studentized_range.support", lambda m: stats.studentized_range.support(3, 10, loc=m)[0], [P()], order=1)
