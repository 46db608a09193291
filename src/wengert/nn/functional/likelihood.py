"""Losses that are likelihoods or divergences of distributions: functions of `nn.functional`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import refuse, user_line
from wengert.nn.functional.arguments import floats, out_of, pair
from wengert.nn.functional.loss import reduced
from wengert.ops.shape import stop_gradient

__all__ = ["gaussian_nll_loss", "kl_div", "poisson_nll_loss"]


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """Σ p (ln p - x): the divergence of a distribution p from one with the logarithms x.

    input: logarithms of probabilities. target: probabilities, or their logarithms with `log_target`. reduction: "mean"
    is over all entries; "batchmean" divides the sum by the length of axis 0, which is the divergence per example.

    >>> import numpy as np, wengert as wg
    >>> p, q = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    >>> wg.nn.functional.kl_div(np.log(q), p, reduction="batchmean").round(4)
    np.float64(0.1438)
    """
    x, p = pair(input, target, "kl_div")
    if log_target:
        each = np.exp(p) * (p - x)
    else:
        none = p == 0
        each = np.where(none, 0, p * (np.log(np.where(none, 1, p)) - np.where(none, 0, x)))
    if reduction == "batchmean":
        return np.sum(each) / (x.shape[0] if x.ndim else 1)
    return reduced(each, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, *, reduction: str = "mean"
) -> Any:  # fmt: skip
    """(ln v + (y - x)² / v) / 2, averaged: how unlikely y is for a normal distribution of mean x and variance v.

    var: of the input's shape, without its last axis, with 1 for that, or a number; less than eps counts as eps (without
    changing the derivative). full: add ln(2π) / 2. D. Nix and A. Weigend, "Estimating the mean and variance of the
    target probability distribution", 1994.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.gaussian_nll_loss(np.array([0.0]), np.array([2.0]), np.array([1.0]))
    np.float64(2.0)
    """
    x, y, v = floats(input), floats(target), floats(var)
    v = v.astype(x.dtype) if v.ndim == 0 else v
    if v.ndim and v.shape != x.shape:
        if v.shape == x.shape[:-1]:
            v = np.expand_dims(v, -1)
        elif v.ndim != x.ndim or any(n not in (1, m) for n, m in zip(v.shape, x.shape, strict=True)):
            raise refuse(
                f"gaussian_nll_loss got an input of shape {x.shape} and var of shape {v.shape}",
                "There is a variance for each entry, for each vector along the last axis, or one for all.",
                "Give var in the input's shape.",
            )
    v = v + np.where(v < eps, eps - (stop_gradient(v) if isinstance(v, Box) else v), 0)
    each = 0.5 * (np.log(v) + np.square(x - y) / v)
    return reduced(each + 0.5 * math.log(2 * math.pi) if full else each, reduction)


def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, eps: float = 1e-8, *, reduction: str = "mean"
) -> Any:  # fmt: skip
    """λ - y ln λ, averaged: how unlikely the count y is for a Poisson distribution of mean λ.

    input: ln λ, or λ itself without `log_input` (eps is then added in the logarithm). full: add Stirling's y ln y - y +
    ln(2π y) / 2, for y > 1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.poisson_nll_loss(np.array([0.0]), np.array([2.0]))
    np.float64(1.0)
    """
    x, y = pair(input, target, "poisson_nll_loss")
    if eps < 0:
        raise out_of(f"poisson_nll_loss at {user_line()} got eps={eps}.", "at least 0")
    each = np.exp(x) - y * x if log_input else x - y * np.log(x + eps)
    if full:
        large = np.where(y > 1, y, 1)
        each = each + np.where(y > 1, large * np.log(large) - large + 0.5 * np.log(2 * math.pi * large), 0)
    return reduced(each, reduction)
