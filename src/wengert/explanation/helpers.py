"""What NumPy has no function for, as functions that are put in front of the derivative."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["HELPERS", "REAL", "with_helpers"]

# Python's mathematics knows no complex numbers.
REAL = frozenset({"erf", "erfc", "ndtr"})

HELPERS = {
    "strong": '''\
def strong(g, partial):
    """The product, where a zero of g wins over an infinite partial."""
    safe = np.where(g == 0, 1, partial).astype(np.result_type(g, partial))
    return np.where(g == 0, 0, g * safe)[()]
''',
    "expit": '''\
def expit(x):
    """The logistic function, without overflow."""
    e = np.exp(-np.abs(x))
    return (np.where(x >= 0, 1, e) / (1 + e))[()]
''',
    "softplus": '''\
def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
''',
    "log_expit": '''\
def log_expit(x):
    """The logarithm of the logistic function, without overflow."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
''',
    "softmax": '''\
def softmax(x, axis):
    """Exponentials divided by their sum, without overflow."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)
''',
    "log_softmax": '''\
def log_softmax(x, axis):
    """The logarithm of softmax, without overflow."""
    z = x - np.max(x, axis=axis, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=axis, keepdims=True))
''',
    "logsumexp": '''\
def logsumexp(x, axis, keepdims):
    """The logarithm of the sum of exponentials, without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    out = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)[()]
''',
    "cofactors": '''\
def cofactors(a):
    """The derivative of the determinant, also of a singular matrix."""
    u, s, vh = np.linalg.svd(a)
    rest = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :])
    turn = np.conj(np.linalg.det(u) * np.linalg.det(vh))
    return turn[..., None, None] * ((u * np.prod(rest, axis=-1)[..., None, :]) @ vh)
''',
    "survivors": '''\
def survivors(*indices, shape):
    """Which of the values written at these indices remain: of equal ones the last."""
    count = np.broadcast_shapes(*[np.shape(i) for i in indices])
    serial = np.arange(1, 1 + np.prod(count, dtype=int)).reshape(count)
    last = np.zeros(shape[: len(indices)], int)
    last[indices] = serial
    return last[indices] == serial
''',
    "erf": '''\
def erf(x):
    """The error function, entry by entry."""
    x = np.asarray(x) + 0.0
    return np.vectorize(math.erf, otypes=[x.dtype])(x)[()]
''',
    "erfc": '''\
def erfc(x):
    """1 - erf(x), entry by entry, exact where it is small."""
    x = np.asarray(x) + 0.0
    return np.vectorize(math.erfc, otypes=[x.dtype])(x)[()]
''',
    "ndtr": '''\
def ndtr(x):
    """The normal distribution: how probable values below x are."""
    return erfc(-(0.5**0.5) * x) / 2
''',
    "xlogy": '''\
def xlogy(x, y):
    """x log(y), which is 0 where x is."""
    zero = (x == 0) & ~np.isnan(y)
    return np.where(zero, 0, x * np.log(np.where(zero, 1, y)))[()]
''',
    "xlog1py": '''\
def xlog1py(x, y):
    """x log(1 + y), which is 0 where x is."""
    zero = (x == 0) & ~np.isnan(y)
    return np.where(zero, 0, x * np.log1p(np.where(zero, 0, y)))[()]
''',
    "logit": '''\
def logit(x):
    """The inverse of the logistic function."""
    return np.log(x) - np.log1p(-x)
''',
    "entr": '''\
def entr(x):
    """-x log(x), which is 0 at 0."""
    inner = np.where(x > 0, x, 1)
    return np.where(x < 0, -np.inf, -inner * np.log(inner))[()]
''',
}


def with_helpers(names: Iterable[str]) -> list[str]:
    """The texts of these helpers and of those that they call, in order of their names."""
    todo, found = list(names), set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [other for other in HELPERS if other != name and re.search(rf"\b{other}\(", HELPERS[name])]
    return [HELPERS[name] for name in sorted(found)]
