"""Optimisers whose steps follow moving averages: Adam, AdamW, Lion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Unpack

import numpy as np

from wengert.optim.optimizer import Hints, Optimizer
from wengert.optim.rules import averaged, counted, decayed, downhill, unbiased

__all__ = ["Adam", "AdamW", "Averaging", "Lion"]


class Averaging(Optimizer):
    """Adam and its relatives, which remember the average m of the gradient and v of its square."""

    nonnegative: ClassVar[tuple[str, ...]] = ("eps", "weight_decay")
    moments = ("exp_avg", "exp_avg_sq")

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        beta1, beta2 = group["betas"]
        counted(state)
        value, g = decayed(value, gradient, group)
        m = averaged(state, "exp_avg", beta1, g)
        v = averaged(state, "exp_avg_sq", beta2, g * g)
        return value - cls._move(g, m, v, state, group)

    @classmethod
    def _move(cls, g: Any, m: Any, v: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """By how much a parameter falls."""
        raise NotImplementedError


class Adam(Averaging):
    """Steps along the average gradient m, divided by the root of the average square v of its entries.

        m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²,   w ← w - lr m̂ / (√v̂ + ε)

    The averages start at 0; m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) undo that at step t (D. Kingma and J. Ba, "Adam: a
    method for stochastic optimization", 2015). params: leaf tensors, or dicts of them with their own options. lr: the
    step size. betas: β₁ and β₂. eps: ε. weight_decay: λ in g ← g + λ w. amsgrad: divide by the largest v̂ so far (S.
    Reddi et al., "On the convergence of Adam and beyond", 2018). maximize: ascend. decoupled_weight_decay:
    w ← w - lr λ w instead, as in `AdamW`. Raises `InvalidArgument` for negative options and betas outside of [0, 1).

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.Adam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([0.9, 1.9])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
            hints,
        )

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """Averages of nothing, and if so wanted no largest one."""
        largest = {"max_exp_avg_sq": np.zeros_like(value)} if group["amsgrad"] else {}
        return super().start(value, group) | largest

    @classmethod
    def _move(cls, g: Any, m: Any, v: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """lr m̂ / (√v̂ + ε); the factors of m̂ and v̂ are numbers, and cheaper outside of the arrays."""
        if group["amsgrad"]:
            v = state["max_exp_avg_sq"] = np.maximum(state["max_exp_avg_sq"], v)
        first, second = [unbiased(beta, state, m.dtype) for beta in group["betas"]]
        return (group["lr"] * first) * m / (np.sqrt(v) * np.sqrt(second) + group["eps"])


class AdamW(Adam):
    """Adam whose weight decay does not enter the averages: w ← w - lr λ w, then Adam's step.

    From I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019). The arguments are those of `Adam`;
    weight_decay is 0.01 by default.

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([0.85, 1.8 ])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True, **hints
        )


class Lion(Optimizer):
    """Steps of one size in every entry: w ← w - lr (sign(β₁ m + (1 - β₁) g) + λ w), then m ← β₂ m + (1 - β₂) g.

    From X. Chen et al., "Symbolic discovery of optimization algorithms" (2023). params: leaf tensors, or dicts of them
    with their own options. lr: the step size, a third to a tenth of Adam's. betas: β₁ and β₂. weight_decay: λ.
    maximize: ascend. Raises `InvalidArgument` for negative options and betas outside of [0, 1).

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.Lion([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy()
    array([0.9, 1.9])
    """

    nonnegative = ("weight_decay",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize}, hints)

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """An average of nothing."""
        return {"exp_avg": np.zeros_like(value)}

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        beta1, beta2 = group["betas"]
        g, m = downhill(gradient, group), state["exp_avg"]
        averaged(state, "exp_avg", beta2, g)
        return value - group["lr"] * (np.sign(beta1 * m + (1 - beta1) * g) + group["weight_decay"] * value)
