"""Dropout and its kin: functions of `nn.functional`.

Random numbers come from the library's generator (`wg.manual_seed`); a compiled function draws anew at every call. Under
`vmap` every entry of the batch is treated alike. In use (without `training`), and where nothing is to be dropped, they
return their input itself.

N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert import creation
from wengert.core.apply import Box, read
from wengert.errors import refuse, user_line
from wengert.nn.functional.activation import maybe_in_place, softmax
from wengert.nn.functional.arguments import floats, out_of
from wengert.nn.functional.pointwise import SELU_ALPHA, SELU_SCALE
from wengert.ops import shape

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
    "gumbel_softmax",
]


def _check(p: float, name: str) -> None:
    if not 0 <= p <= 1:
        raise out_of(f"{name} at {user_line()} got p={p}.", "from 0.0 to 1.0")


def _kept(shape: tuple[int, ...], p: float, dtype: Any) -> Any:
    """True with probability 1 - p; plain numbers, but in a compiled function."""
    return read(creation.rand(shape, dtype=np.float32 if dtype == np.float32 else np.float64)) >= p


def _thinned(x: Any, shape: tuple[int, ...], p: float) -> Any:
    """Entries of x set to 0 with probability p, and the others enlarged so that the mean stays."""
    factor = x.dtype.type(1 / (1 - p) if p < 1 else 0)
    return x * (_kept(shape, p, x.dtype) * factor)


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Entries set to zero with probability p and the others divided by 1 - p; without `training` the input itself.

    inplace: write the result into `input`, and return that. Raises `InvalidArgument` for a p outside of [0, 1].

    >>> import numpy as np, wengert as wg
    >>> _ = wg.manual_seed(0)
    >>> sorted(set(wg.nn.functional.dropout(np.ones(100), p=0.2).tolist()))
    [0.0, 1.25]
    """
    _check(p, "dropout")
    if not (training and p):
        return input
    x = floats(input)
    return maybe_in_place(input, _thinned(x, x.shape, p), inplace)


def _channels(d: int, input: Any, p: float, training: bool, inplace: bool) -> Any:
    name = f"dropout{d}d"
    _check(p, name)
    x = floats(input)
    if x.ndim not in (d + 1, d + 2):
        raise refuse(
            f"{name} got an input of shape {x.shape}",
            f"It drops whole channels of (N, C, …) or (C, …) with {d} spatial axes.",
            "Use dropout for single entries.",
        )
    if not (training and p):
        return input
    return maybe_in_place(input, _thinned(x, x.shape[:-d] + (1,) * d, p), inplace)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Whole channels of signals, (N, C, L) or (C, L), set to zero with probability p.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.dropout1d(np.ones((1, 2)), p=1.0)
    array([[0., 0.]])
    """
    return _channels(1, input, p, training, inplace)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Whole channels of images, (N, C, H, W) or (C, H, W), set to zero with probability p.

    J. Tompson et al., "Efficient object localization using convolutional networks", 2015.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.dropout2d(np.ones((1, 1, 2)), p=0.0)
    array([[[1., 1.]]])
    """
    return _channels(2, input, p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Whole channels of volumes, (N, C, D, H, W) or (C, D, H, W), set to zero with probability p."""
    return _channels(3, input, p, training, inplace)


# What is dropped takes the value α' = -λ α that `selu` tends to, and an affine map a x + b restores mean 0, variance 1
# (G. Klambauer et al., "Self-normalizing neural networks", 2017, section 3). With q = 1 - p of it kept:
#     mean q 0 + p α',  variance q + p q α'²,   so   a = (q + p q α'²)^(-1/2),   b = -a p α'.


def _alpha(input: Any, shape: tuple[int, ...], p: float, inplace: bool) -> Any:
    x = floats(input)
    if p == 1:
        return maybe_in_place(input, x * 0, inplace)
    low, q = -SELU_SCALE * SELU_ALPHA, 1 - p
    a = 1 / math.sqrt(q + p * q * low * low)
    kept = _kept(shape, p, x.dtype)
    shift = np.where(kept, 0, x.dtype.type(a * low)) - x.dtype.type(a * p * low)
    return maybe_in_place(input, x * (kept * x.dtype.type(a)) + shift, inplace)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Dropout that keeps mean 0 and variance 1, for `selu`.

    >>> import numpy as np, wengert as wg
    >>> _ = wg.manual_seed(0)
    >>> sorted(set(wg.nn.functional.alpha_dropout(np.zeros(100), 0.5, training=True).round(4).tolist()))
    [-0.7792, 0.7792]
    """
    _check(p, "alpha_dropout")
    return _alpha(input, tuple(np.shape(input)), p, inplace) if training and p else input


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """`alpha_dropout` of whole channels, (N, C, …)."""
    _check(p, "feature_alpha_dropout")
    if not (training and p):
        return input
    shape = tuple(np.shape(input))
    if len(shape) < 2:
        raise refuse(
            f"feature_alpha_dropout got an input of shape {shape}",
            "The channels are axis 1.",
            "Give an input of shape (N, C, …).",
        )
    return _alpha(input, shape[:2] + (1,) * (len(shape) - 2), p, inplace)


def gumbel_softmax(logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """Soft choices along an axis: the softmax of (logits + noise) / tau, with Gumbel's noise -ln(-ln u).

    hard: the greatest one is 1 and the others 0, but the gradient is that of the soft choice. eps: without effect.
    E. Jang et al., "Categorical reparameterization with Gumbel-softmax", 2017.

    >>> import numpy as np, wengert as wg
    >>> _ = wg.manual_seed(0)
    >>> float(wg.nn.functional.gumbel_softmax(np.zeros(4), hard=True).sum())
    1.0
    """
    x = floats(logits)
    # u in (0, 1]: -ln u is 0 for one u of many, and then as small as numbers are.
    wait = np.maximum(-np.log1p(-read(creation.rand(x.shape))), np.finfo(np.float64).tiny)
    soft = softmax((x - np.log(wait).astype(x.dtype)) / tau, dim)
    if not hard:
        return soft
    chosen = np.expand_dims(np.argmax(soft, axis=dim), dim)
    lengths = [-1 if n == dim % x.ndim else 1 for n in range(x.ndim)]
    best = (chosen == np.reshape(np.arange(x.shape[dim]), lengths)).astype(x.dtype)
    return best - (shape.stop_gradient(soft) if isinstance(soft, Box) else soft) + soft
