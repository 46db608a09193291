"""Relatives of Adam: Adamax, NAdam, RAdam."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from wengert.optim.adam import Averaging
from wengert.optim.optimizer import Hints, Optimizer
from wengert.optim.rules import averaged, counted, gradient_of, unbiased

__all__ = ["Adamax", "NAdam", "RAdam"]


class Adamax(Optimizer):
    """Steps along the average gradient m, divided by its largest recent size u.

        m ← β₁ m + (1 - β₁) g,   u ← max(β₂ u, |g| + ε),   w ← w - lr m̂ / u

    m̂ = m / (1 - β₁ᵗ) at step t (D. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015, section 7.1).
    params: leaf tensors, or dicts of them with their own options. lr: the step size. betas: β₁ and β₂. eps: ε.
    weight_decay: λ in g ← g + λ w. maximize: ascend. Raises `InvalidArgument` for negative options and betas outside of
    [0, 1).

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.Adamax([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([0.9, 1.9])
    """

    nonnegative = ("eps", "weight_decay")
    moments = ("exp_avg", "exp_inf")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, options, hints)

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """One step of the parameter."""
        (beta1, beta2), g = group["betas"], gradient_of(value, gradient, group)
        counted(state)
        m = averaged(state, "exp_avg", beta1, g)
        u = state["exp_inf"] = np.maximum(beta2 * state["exp_inf"], np.abs(g) + group["eps"])
        return value - (group["lr"] * unbiased(beta1, state, value.dtype)) * m / u


class NAdam(Averaging):
    """Adam with Nesterov's momentum: its step goes along the average as it will be at the next step.

        μₜ = β₁ (1 - 0.96^(t ψ) / 2),   w ← w - lr ((1 - μₜ) g / (1 - Πₜ) + μₜ₊₁ m / (1 - Πₜ₊₁)) / (√v̂ + ε)

    with Πₜ = μ₁ … μₜ, and m, v̂ as in `Adam` (T. Dozat, "Incorporating Nesterov momentum into Adam", 2016). params: leaf
    tensors, or dicts of them with their own options. lr: the step size. betas: β₁ and β₂. eps: ε. weight_decay: λ in
    g ← g + λ w. momentum_decay: ψ. decoupled_weight_decay: w ← w - lr λ w instead. maximize: ascend. Raises
    `InvalidArgument` for negative options and betas outside of [0, 1).

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.NAdam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([0.894, 1.894])
    """

    nonnegative = ("eps", "weight_decay", "momentum_decay")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options, hints)

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """Averages of nothing, and an empty product."""
        return super().start(value, group) | {"mu_product": np.ones(())}

    @classmethod
    def _move(cls, g: Any, m: Any, v: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        (beta1, beta2), step = group["betas"], state["step"]
        mu, following = [beta1 * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"])) for t in (step, step + 1)]
        product = state["mu_product"] = state["mu_product"] * mu
        now = ((1 - mu) / (1 - product)).astype(m.dtype)
        ahead = (following / (1 - product * following)).astype(m.dtype)
        second = np.sqrt(unbiased(beta2, state, m.dtype))
        return group["lr"] * (now * g + ahead * m) / (np.sqrt(v) * second + group["eps"])


class RAdam(Averaging):
    """Adam that divides by √v̂ only once enough gradients have been seen for its variance to be bounded.

        ρ = 2 / (1 - β₂) - 1,   ρₜ = ρ - 2 t β₂ᵗ / (1 - β₂ᵗ),   r² = (ρₜ - 4)(ρₜ - 2) ρ / ((ρ - 4)(ρ - 2) ρₜ)

    w ← w - lr r m̂ / √v̂ where ρₜ > 5, and w ← w - lr m̂ before, with m̂ and v̂ as in `Adam` (L. Liu et al., "On the
    variance of the adaptive learning rate and beyond", 2020). params: leaf tensors, or dicts of them with their own
    options. lr: the step size. betas: β₁ and β₂. eps: added to √v. weight_decay: λ in g ← g + λ w.
    decoupled_weight_decay: w ← w - lr λ w instead. maximize: ascend. Raises `InvalidArgument` for negative options and
    betas outside of [0, 1).

    >>> import wengert as wg
    >>> w = wg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = wg.optim.RAdam([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy().round(3)
    array([0.8, 1.6])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options, hints)

    @classmethod
    def _move(cls, g: Any, m: Any, v: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        (beta1, beta2), step = group["betas"], state["step"]
        first, second = 1 / (1 - beta1**step), 1 - beta2**step
        limit = np.maximum(2 / (1 - beta2) - 1, 5)  # below, there never are enough
        seen = limit - 2 * step * beta2**step / second
        enough = seen > 5
        seen = np.where(enough, seen, 5)
        square = (seen - 4) * (seen - 2) * limit / ((limit - 4) * (limit - 2) * seen)
        # While nothing is divided by, the averages' factors are 1 / (1 - β₁ᵗ) and none.
        scaled = (first * np.sqrt(np.where(enough, square * second, 1))).astype(m.dtype)
        return group["lr"] * scaled * m / np.where(enough, np.sqrt(v) + group["eps"], 1).astype(m.dtype)
