"""Optimisers that look at a matrix whole: Adafactor, which keeps sums of rows and columns, and Muon."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.optimizer import Hints, Optimizer
from wengert.optim.rules import averaged, counted, downhill

__all__ = ["Adafactor", "Muon"]


class Adafactor(Optimizer):
    """Adam's division by √v without keeping v: of a matrix, the means r of its rows and c of its columns are kept.

        v = r cᵀ / mean(r),   u = g / √v,   w ← w - min(lr, 1/√t) max(ε₂, rms(w)) u / max(1, rms(u) / d)

    The averages r and c of g² have the weight 1 - t^τ for the past at step t, and rms is the root of the mean square
    (N. Shazeer and M. Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018). Vectors keep v
    itself. params: real leaf tensors, or dicts of them with their own options. lr: the largest relative step.
    beta2_decay: τ. eps: ε₁, whose square bounds v below (None: that of the dtype), and ε₂. d: how large rms(u) may be.
    weight_decay: λ in w ← w - lr λ w. maximize: ascend. Raises `InvalidArgument` for options outside of their range and
    for complex parameters.

    >>> import wengert as wg
    >>> w = wg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> optimizer = wg.optim.Adafactor([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([[0.788, 1.7  ],
           [2.715, 3.732]])
    """

    entrywise = False
    nonnegative = ("weight_decay",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        options = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options, hints)

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse options outside of their range."""
        super().check(group)
        first, second = group["eps"]
        if group["beta2_decay"] > 0 or (first or 0) < 0 or second < 0 or group["d"] < 1:
            raise InvalidArgument(
                explain(
                    f"Adafactor at {user_line()} got beta2_decay={group['beta2_decay']}, eps={group['eps']}, "
                    f"d={group['d']}.",
                    "The weight of a new gradient falls with the steps, bounds are positive, and steps of rms 1 pass.",
                    "Give beta2_decay ≤ 0, eps ≥ 0 and d ≥ 1.",
                )
            )

    @classmethod
    def wanted(cls, p: Any) -> str | None:
        """Real numbers."""
        return "real numbers" if p.dtype.kind == "c" else None

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """Averages of nothing."""
        if value.ndim < 2:
            return {"step": np.zeros(()), "variance": np.zeros_like(value)}
        rows, columns = (*value.shape[:-1], 1), (*value.shape[:-2], 1, value.shape[-1])
        return {
            "step": np.zeros(()),
            "row_var": np.zeros(rows, value.dtype),
            "col_var": np.zeros(columns, value.dtype),
        }

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        lr, (tiny, least), step, g = group["lr"], group["eps"], counted(state), downhill(gradient, group)
        tiny = np.finfo(value.dtype).eps.item() if tiny is None else tiny
        past = (1 - step ** group["beta2_decay"]).astype(value.dtype)
        if value.ndim < 2:
            v = averaged(state, "variance", past, g * g)
        else:
            rows = averaged(state, "row_var", past, np.mean(g * g, axis=-1, keepdims=True))
            columns = averaged(state, "col_var", past, np.mean(g * g, axis=-2, keepdims=True))
            v = rows * columns / np.maximum(np.mean(rows, axis=-2, keepdims=True), tiny)
        u = g / np.sqrt(np.maximum(v, tiny * tiny))
        size = np.minimum(lr, 1 / np.sqrt(step)).astype(value.dtype) * np.maximum(_rms(value), least)
        return value * (1 - lr * group["weight_decay"]) - size / np.maximum(_rms(u) / group["d"], 1) * u


def _rms(x: Any) -> Any:
    """The root of the mean square."""
    return np.sqrt(np.mean(x * x))


class Muon(Optimizer):
    """Momentum whose step has all singular values near 1: U Vᵀ of the average gradient U S Vᵀ, for matrices.

    v ← μ v + (1 - μ) g, whose polar factor is found by a few steps X ← a X + (b A + c A²) X with A = X Xᵀ (a
    Newton-Schulz iteration that stops near 1; K. Jordan et al., "Muon: an optimizer for hidden layers in neural
    networks", 2024). Other parameters, and the first and last layers, are for `AdamW`.

    params: real leaf matrices, or dicts of them with their own options. lr: the step size. weight_decay: λ in
    w ← w - lr λ w. momentum: μ. nesterov: step along μ v + (1 - μ) g. ns_coefficients: a, b, c. eps: the least norm
    that is divided by. ns_steps: how many steps. adjust_lr_fn: "original", by default, scales the step of an (m, n)
    matrix by √max(1, m/n), and "match_rms_adamw" by √max(m, n) / 5, so that AdamW's lr fits. Raises `InvalidArgument`
    for negative options, and for parameters that are no real matrices.

    >>> import wengert as wg
    >>> w = wg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> optimizer = wg.optim.Muon([w], lr=0.1, weight_decay=0.0)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([[1.068, 1.917],
           [2.926, 3.974]])
    """

    entrywise = False
    nonnegative = ("weight_decay", "momentum")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, options)

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse negative options and unknown adjustments."""
        super().check(group)
        if group["adjust_lr_fn"] not in (None, "original", "match_rms_adamw") or group["ns_steps"] >= 100:
            raise InvalidArgument(
                explain(
                    f"Muon at {user_line()} got adjust_lr_fn={group['adjust_lr_fn']!r}, ns_steps={group['ns_steps']}.",
                    "Steps are scaled by a rule with a name, and a few steps of the iteration do.",
                    "Give adjust_lr_fn='original' or 'match_rms_adamw', and ns_steps below 100.",
                )
            )

    @classmethod
    def wanted(cls, p: Any) -> str | None:
        """A real matrix."""
        return "a real matrix" if p.ndim != 2 or p.dtype.kind == "c" else None

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """No speed."""
        return {"momentum_buffer": np.zeros_like(value)}

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        momentum, (m, n) = group["momentum"], value.shape
        v = averaged(state, "momentum_buffer", momentum, gradient)
        v = (1 - momentum) * gradient + momentum * v if group["nesterov"] else v
        along = _orthogonal(v, group["ns_coefficients"], group["ns_steps"], group["eps"])
        fit = 0.2 * math.sqrt(max(m, n)) if group["adjust_lr_fn"] == "match_rms_adamw" else math.sqrt(max(1, m / n))
        return value * (1 - group["lr"] * group["weight_decay"]) - group["lr"] * fit * along


def _orthogonal(x: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """U Vᵀ of a matrix U S Vᵀ, but for singular values of about 0.7 to 1.2 instead of 1."""
    a, b, c = coefficients
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / np.maximum(np.sqrt(np.sum(x * x)), eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if tall else x
