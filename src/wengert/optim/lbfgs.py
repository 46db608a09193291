"""L-BFGS: Newton's direction from the last few changes of the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.autograd import enable_grad, no_grad
from wengert.core.apply import read
from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.flat import gradient_of_all, one_group, put, vector_of
from wengert.optim.optimizer import Optimizer
from wengert.optim.rules import check_options
from wengert.optim.wolfe import Point, strong_wolfe

__all__ = ["LBFGS"]

CURVED = 1e-10  # changes of the gradient along the step that are smaller say nothing about the curvature


class LBFGS(Optimizer):
    """Go along -H g, where H approximates the inverse Hessian by the last changes s of the parameters and y of g.

    D. Liu and J. Nocedal, "On the limited memory BFGS method for large scale optimization" (1989). All parameters are
    one group. lr: the step length, or the first one that a line search tries. max_iter: iterations per ``step``.
    max_eval: evaluations per step, 1.25 max_iter by default. tolerance_grad: stop when no entry of the gradient is
    larger. tolerance_change: stop when no parameter, or the loss, changes by more. history_size: how many changes are
    kept. line_search_fn: None or "strong_wolfe". Raises `InvalidArgument` for several groups, for another line search
    and for a step without a closure.

    >>> import wengert as wg
    >>> w = wg.tensor([-1.2, 1.0], requires_grad=True)
    >>> optimizer = wg.optim.LBFGS([w], max_iter=50, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> _ = optimizer.step(closure)
    >>> w.detach().numpy().round(4)
    array([1., 1.])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )
        one_group(self)

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse negative options, and line searches that there are none of."""
        check_options("LBFGS", group, "tolerance_grad", "tolerance_change")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise InvalidArgument(
                explain(
                    f"LBFGS at {user_line()} got line_search_fn={group['line_search_fn']!r}.",
                    "There is one line search.",
                    'Give "strong_wolfe", or None for steps of length lr.',
                )
            )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to `max_iter` iterations; the loss at first.

        closure: computes the loss anew, after clearing and filling the gradients.
        """
        evaluated = required(closure, "LBFGS")
        group = one_group(self)
        params, longest = group["params"], group["max_iter"]
        memory = self.state[params[0]]
        if not memory:
            memory.update({"n_iter": 0, "func_evals": 0, "pairs": ()})

        def loss_and_gradient() -> tuple[Any, float, Any]:
            with enable_grad():
                loss = evaluated()
            memory["func_evals"] += 1
            return loss, float(loss.item()), gradient_of_all(params)

        with no_grad():
            before = memory["func_evals"]
            first, value, gradient = loss_and_gradient()
            for n in range(1, longest + 1):
                if _largest(gradient) <= group["tolerance_grad"]:
                    break
                d, t = self._direction(memory, gradient, group)
                slope, old = float(gradient @ d), value
                if slope > -group["tolerance_change"]:
                    break
                x = vector_of([read(p) for p in params])
                if group["line_search_fn"]:
                    along, start = _line(params, x, d, loss_and_gradient), Point(0.0, value, gradient, slope)
                    found, _ = strong_wolfe(along, start, t, _largest(d), group["tolerance_change"])
                    t, value, gradient = found.t, found.value, found.gradient
                put(params, x + t * d)
                if not group["line_search_fn"] and n < longest:  # the last is evaluated by the next step
                    _, value, gradient = loss_and_gradient()
                memory["t"] = t
                spent = memory["func_evals"] - before >= group["max_eval"]
                still = group["tolerance_change"]
                if spent or _largest(d * t) <= still or abs(value - old) < still:
                    break
        return first

    def _direction(self, memory: dict[str, Any], gradient: Any, group: Mapping[str, Any]) -> tuple[Any, float]:
        """Where to go, and how far at first."""
        memory["n_iter"] += 1
        lr = float(group["lr"].item() if hasattr(group["lr"], "item") else group["lr"])
        if memory["n_iter"] == 1:
            d, t, memory["scale"] = -gradient, min(1.0, 1 / float(np.sum(np.abs(gradient)))) * lr, 1.0
        else:
            y, s = gradient - read(memory["gradient"]), read(memory["d"]) * memory["t"]
            curvature = float(y @ s)
            if curvature > CURVED:
                memory["pairs"] = (*memory["pairs"], (s, y, 1 / curvature))[-group["history_size"] :]
                memory["scale"] = curvature / float(y @ y)
            d, t = -_times_inverse(memory["pairs"], memory["scale"], gradient), lr
        memory["gradient"], memory["d"] = gradient, d
        return d, t


def _line(params: Sequence[Any], x: Any, d: Any, loss_and_gradient: Callable[[], Any]) -> Callable[[float], Point]:
    """The loss along x + t d, as a function of t that puts the parameters there."""

    def at(t: float) -> Point:
        put(params, x + t * d)
        _, value, gradient = loss_and_gradient()
        return Point(t, value, gradient, float(gradient @ d))

    return at


def _times_inverse(pairs: Any, scale: float, g: Any) -> Any:
    """H g by two loops over the pairs, H being `scale` times the identity before them.

    J. Nocedal, "Updating quasi-Newton matrices with limited storage" (1980).
    """
    shares = []
    for s, y, rho in reversed(pairs):
        shares.append(rho * (s @ g))
        g = g - shares[-1] * y
    g = scale * g
    for (s, y, rho), share in zip(pairs, reversed(shares), strict=True):
        g = g + s * (share - rho * (y @ g))
    return g


def _largest(x: Any) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def required(closure: Callable[[], Any] | None, who: str) -> Callable[[], Any]:
    """The closure; raises `InvalidArgument` if there is none."""
    if closure is None:
        raise InvalidArgument(
            explain(
                f"the step of {who} at {user_line()} got no closure.",
                "It evaluates the loss several times per step.",
                "Give step(closure), with a function that computes the loss and returns it.",
            )
        )
    return closure
