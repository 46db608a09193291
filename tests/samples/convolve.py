"""Windows, convolution and pooling: compared with loops over every number."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tests.draws import C, F, I, R, S, V, at_kink, row


def places(count: Any, kernel: Any, stride: Any, dilation: Any, low: Any, length: Any) -> Any:
    """Every (window p, entry k, place i of the array) of which i is inside."""
    for p in itertools.product(*map(range, count)):
        for k in itertools.product(*map(range, kernel)):
            i = tuple(s * a + d * b - l for s, a, d, b, l in zip(stride, p, dilation, k, low, strict=True))
            if all(0 <= j < n for j, n in zip(i, length, strict=True)):
                yield p, k, i


def convolution(x: Any, w: Any, stride: Any, dilation: Any, low: Any, groups: int, size: Any) -> Any:
    y = np.zeros((len(x), len(w), *size), np.result_type(x, w))
    _each(x, w, y, stride, dilation, low, groups, lambda a, b, c: (a, b, c + a * b))
    return y


def convolution_input(y: Any, w: Any, stride: Any, dilation: Any, low: Any, groups: int, size: Any) -> Any:
    x = np.zeros((len(y), w.shape[1] * groups, *size), np.result_type(y, w))
    _each(x, w, y, stride, dilation, low, groups, lambda a, b, c: (a + b * c, b, c))
    return x


def convolution_weight(x: Any, y: Any, stride: Any, dilation: Any, low: Any, groups: int, size: Any) -> Any:
    w = np.zeros((y.shape[1], x.shape[1] // groups, *size), np.result_type(x, y))
    _each(x, w, y, stride, dilation, low, groups, lambda a, b, c: (a, b + a * c, c))
    return w


def _each(x: Any, w: Any, y: Any, stride: Any, dilation: Any, low: Any, groups: int, change: Any) -> None:
    channels, results = w.shape[1], w.shape[0] // groups
    for n, g, o, c in itertools.product(range(len(x)), range(groups), range(results), range(channels)):
        for p, k, i in places(y.shape[2:], w.shape[2:], stride, dilation, low, x.shape[2:]):
            at_x, at_w, at_y = (n, g * channels + c, *i), (g * results + o, c, *k), (n, g * results + o, *p)
            x[at_x], w[at_w], y[at_y] = change(x[at_x], w[at_w], y[at_y])


def windowed(combine: Any) -> Any:
    """A function of x from what becomes of the entries of one window, by number."""

    def function(x: Any, *more: Any, kernel: Any, stride: Any, dilation: Any, low: Any, size: Any) -> Any:
        d = len(kernel)
        lead = x.shape[: x.ndim - d]
        out: dict[Any, Any] = {}
        for at in itertools.product(*map(range, lead)):
            for p in itertools.product(*map(range, size)):
                found = {}
                for q, k, i in places(size, kernel, stride, dilation, low, x.shape[x.ndim - d :]):
                    if q == p:
                        found[int(np.ravel_multi_index(k, kernel))] = x[(*at, *i)]
                out[(*at, *p)] = combine(found, *[m[(*at, *p)] for m in more])
        results = [np.zeros((*lead, *size), dtype) for dtype in ([x.dtype, np.uint8] if not more else [x.dtype])]
        for at, value in out.items():
            for result, v in zip(results, np.atleast_1d(value) if np.ndim(value) == 0 else value, strict=False):
                result[at] = v
        return results

    return function


def _greatest(found: Any) -> Any:
    best = max(found, key=lambda k: (found[k], -k)) if found else 0
    return found.get(best, -np.inf), best


def transposed(function: Any) -> Any:
    """Σ over every entry of the operand of itself times the row of the function that it selects."""

    def adjoint(y: Any, *more: Any, size: Any, **params: Any) -> Any:
        d = len(params["kernel"])
        lead = params.pop("lead", y.shape[: y.ndim - d])
        whole = (*lead, *size)
        out = np.zeros(whole, y.dtype)
        count = y.shape[y.ndim - d :]
        for at in itertools.product(*map(range, whole)):
            one = np.zeros(whole)
            one[at] = 1
            out[at] = np.sum(function(one, *more, size=count, **params) * y)
        return out

    return adjoint


pool_sum = windowed(lambda found: sum(found.values()))
pool_pick = windowed(lambda found, winner: found.get(int(winner), 0))


def patches(x: Any, kernel: Any, stride: Any, dilation: Any, low: Any, size: Any) -> Any:
    lead = x.shape[: x.ndim - len(kernel)]
    out = np.zeros((*lead, *kernel, *size), x.dtype)
    for p, k, i in places(size, kernel, stride, dilation, low, x.shape[len(lead) :]):
        out[(..., *k, *p)] = x[(..., *i)]
    return out


def unpatches(parts: Any, kernel: Any, stride: Any, dilation: Any, low: Any, size: Any) -> Any:
    d = len(kernel)
    out = np.zeros((*parts.shape[: parts.ndim - 2 * d], *size), parts.dtype)
    for p, k, i in places(parts.shape[parts.ndim - d :], kernel, stride, dilation, low, size):
        out[(..., *i)] += parts[(..., *k, *p)]
    return out


def geometry(kernel: Any, stride: Any, dilation: Any, low: Any, size: Any) -> dict[str, Any]:
    return {"kernel": kernel, "stride": stride, "dilation": dilation, "low": low, "size": size}


def conv(stride: Any, dilation: Any, low: Any, groups: int, size: Any) -> dict[str, Any]:
    return {"stride": stride, "dilation": dilation, "low": low, "groups": groups, "size": size}


# fmt: off
# --- convolution: images, kernels and results in one, two and three dimensions ----------------------------------

S("convolution", row("convolution"),
  [R(2, 2, 5), R(3, 2, 3), conv((1,), (1,), (1,), 1, (5,))],
  [R(1, 4, 6), R(6, 2, 2), conv((2,), (2,), (1,), 2, (3,))],
  [R(1, 3, 4, 3), R(3, 1, 2, 2), conv((1, 1), (1, 1), (0, 1), 3, (3, 4))],
  [R(1, 1, 4, 5), R(2, 1, 2, 2), conv((2, 3), (1, 2), (1, 0), 1, (2, 2))],
  [R(1, 1, 2, 3, 2), R(1, 1, 2, 2, 1), conv((1, 2, 1), (1, 1, 1), (0, 1, 1), 1, (1, 2, 4))],
  [R(2, 3, 4), R(2, 3, 1), conv((1,), (1,), (0,), 1, (4,))], [R(1, 1, 6), R(1, 1, 2), conv((1,), (1,), (-2,), 1, (2,))],
  [C(1, 1, 4), C(2, 1, 2), conv((1,), (1,), (0,), 1, (3,))], [F(1, 2, 4), F(2, 2, 2), conv((1,), (1,), (1,), 1, (5,))],
  [R(8, 2, 5), R(4, 1, 2), conv((2,), (1,), (1,), 2, (3,))],  # many images of short rows
  [R(0, 1, 4), R(1, 1, 2), conv((1,), (1,), (0,), 1, (3,))], [R(1, 0, 4), R(1, 0, 2), conv((1,), (1,), (0,), 1, (3,))],
  value=convolution)
S("convolution_input", row("convolution_input"),
  [R(2, 3, 5), R(3, 2, 3), conv((1,), (1,), (1,), 1, (5,))],
  [R(1, 6, 3), R(6, 2, 2), conv((2,), (2,), (1,), 2, (6,))],
  [R(1, 2, 2, 2), R(2, 1, 2, 2), conv((2, 3), (1, 2), (1, 0), 1, (4, 5))],
  [R(2, 2, 4), R(2, 3, 1), conv((1,), (1,), (0,), 1, (4,))],
  [C(1, 2, 3), C(2, 1, 2), conv((1,), (1,), (0,), 1, (4,))], [F(1, 2, 3), F(2, 1, 2), conv((2,), (1,), (0,), 1, (6,))],
  [R(8, 4, 3), R(4, 1, 2), conv((2,), (1,), (1,), 2, (5,))],
  [R(1, 0, 3), R(0, 1, 2), conv((1,), (1,), (0,), 1, (4,))],
  value=convolution_input)
S("convolution_weight", row("convolution_weight"),
  [R(2, 2, 5), R(2, 3, 5), conv((1,), (1,), (1,), 1, (3,))],
  [R(1, 4, 6), R(1, 6, 3), conv((2,), (2,), (1,), 2, (2,))],
  [R(1, 1, 4, 5), R(1, 2, 2, 2), conv((2, 3), (1, 2), (1, 0), 1, (2, 2))],
  [C(1, 1, 4), C(1, 2, 3), conv((1,), (1,), (0,), 1, (2,))], [F(1, 1, 4), F(1, 2, 3), conv((1,), (1,), (0,), 1, (2,))],
  [R(8, 2, 5), R(8, 4, 3), conv((2,), (1,), (1,), 2, (2,))],
  [R(0, 1, 4), R(0, 2, 3), conv((1,), (1,), (0,), 1, (2,))],
  value=convolution_weight)

# --- windows ----------------------------------------------------------------------------------------------------

S("patches", row("patches"), [R(2, 5), geometry((2,), (2,), (1,), (1,), (3,))],
  [R(3, 4), geometry((2, 2), (1, 2), (1, 2), (0, 1), (2, 2))], [C(4), geometry((3,), (1,), (1,), (0,), (2,))],
  [F(4), geometry((3,), (1,), (1,), (0,), (2,))], [R(0, 4), geometry((3,), (1,), (1,), (0,), (2,))], value=patches)
S("unpatches", row("unpatches"), [R(2, 2, 3), geometry((2,), (2,), (1,), (1,), (5,))],
  [R(2, 2, 2, 2), geometry((2, 2), (1, 2), (1, 2), (0, 1), (3, 4))], [C(3, 2), geometry((3,), (1,), (1,), (0,), (4,))],
  [F(3, 2), geometry((3,), (1,), (1,), (0,), (4,))], value=unpatches)

_POOLS = [
    [R(2, 5), geometry((2,), (2,), (1,), (1,), (3,))],
    [R(2, 4, 5), geometry((2, 3), (1, 2), (1, 1), (0, 1), (3, 3))],
    [R(6), geometry((2,), (2,), (1,), (0,), (3,))],
    [R(7), geometry((3,), (1,), (2,), (1,), (4,))],
    [F(5), geometry((2,), (1,), (1,), (0,), (4,))],
    [R(0, 4), geometry((2,), (2,), (1,), (0,), (2,))],
]
S("pool_sum", row("pool_sum"), *_POOLS, [C(4), geometry((3,), (1,), (1,), (0,), (2,))],
  value=lambda x, **p: pool_sum(x, **p)[0])
S("pool_spread", row("pool_spread"), [R(2, 3), geometry((2,), (2,), (1,), (1,), (5,))],
  [R(2, 2), geometry((2, 3), (1, 2), (1, 1), (0, 1), (3, 4))], [F(3), geometry((2,), (2,), (1,), (0,), (6,))],
  [C(2), geometry((3,), (1,), (1,), (0,), (4,))], value=transposed(lambda x, **p: pool_sum(x, **p)[0]))
S("max_pool", row("max_pool"), *_POOLS, at_kink(V(1.0, 1.0, 0.0, 1.0, 1.0), geometry((3,), (1,), (1,), (0,), (3,))),
  value=lambda x, **p: tuple(windowed(_greatest)(x, **p)))
S("pool_pick", row("pool_pick"), [R(2, 5), I(2, 3, below=2), geometry((2,), (2,), (1,), (1,), (3,))],
  [R(4, 5), I(3, 3, below=6), geometry((2, 3), (1, 2), (1, 1), (0, 1), (3, 3))],
  [C(6), I(3, below=2), geometry((2,), (2,), (1,), (0,), (3,))],
  [F(6), I(3, below=2), geometry((2,), (2,), (1,), (0,), (3,))],
  value=lambda x, w, **p: pool_pick(x, w, **p)[0])
S("pool_put", row("pool_put"), [R(2, 3), I(2, 3, below=2), geometry((2,), (2,), (1,), (1,), (5,))],
  [R(3, 3), I(3, 3, below=6), geometry((2, 3), (1, 2), (1, 1), (0, 1), (4, 5))],
  [C(3), I(3, below=2), geometry((2,), (2,), (1,), (0,), (6,))],
  [F(3), I(3, below=2), geometry((2,), (2,), (1,), (0,), (6,))],
  value=transposed(lambda x, w, **p: pool_pick(x, w, **p)[0]))
