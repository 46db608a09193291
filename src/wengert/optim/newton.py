"""Optimisers with exact second derivatives, by differentiating the closure's loss or residual on the tape.

Newton                H v = ∂(g·v)/∂w, where g = ∂loss/∂w was itself recorded
LevenbergMarquardt    Jᵀu = ∂(r·u)/∂w,  J v = ∂(Jᵀu·v)/∂u, which does not depend on u
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from wengert.autograd import enable_grad, grad, no_grad
from wengert.core.apply import read
from wengert.interpreters.tensor import Tensor, constant
from wengert.optim.flat import one_group, put, real_only, vector_of
from wengert.optim.lbfgs import required
from wengert.optim.minima import half_square, joined, solver_of
from wengert.optim.optimizer import Optimizer
from wengert.optim.rules import check_options
from wengert.optim.trust import Quadratic, descend

__all__ = ["GaussNewton", "LevenbergMarquardt", "Newton"]


class _TrustRegion(Optimizer):
    """Steps to the minimum of a quadratic model in a ball, whose radius is kept as state."""

    def __init__(self, params: Iterable[Any], lr: float, radius: float, method: str) -> None:
        super().__init__(params, {"lr": lr, "radius": radius, "method": method})
        real_only(one_group(self)["params"], type(self).__name__)

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse negative options and unknown methods."""
        check_options(type(self).__name__, group, "radius")
        solver_of(group["method"], type(self).__name__)

    def model(self, result: Any, params: list[Tensor]) -> Quadratic:
        """The model near the parameters, of what the closure returned."""
        raise NotImplementedError

    def value(self, result: Any) -> float:
        """What is minimised, of what the closure returned."""
        raise NotImplementedError

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; what the closure returned before it.

        closure: computes the loss or residual, and returns it; it need not call ``backward()``, nor clear gradients.
        The parameters stay where they are if no step in the ball would make the value smaller; the next one is shorter.
        """
        evaluated, group = required(closure, type(self).__name__), one_group(self)
        params = group["params"]
        kept = self.state[params[0]]
        kept.setdefault("radius", group["radius"])
        with enable_grad():
            result = evaluated()
            model = self.model(result, params)
        x = vector_of([read(p) for p in params])

        def value_at(p: Any) -> float:
            with no_grad():
                put(params, x + p)
                return self.value(evaluated())

        p, _, kept["radius"] = descend(solver_of(group["method"], ""), model, value_at, kept["radius"], 1e6)
        with no_grad():
            put(params, x + float(group["lr"]) * p)
        return result


class Newton(_TrustRegion):
    """Newton's method: steps to the minimum of the quadratic with the loss's gradient and exact Hessian.

    It is looked for in a ball (a trust region), so that the loss goes down far from a minimum, too, and at saddles.
    params: leaf tensors, one group of real numbers. lr: the share of the step that is taken. radius: of the first ball.
    method: "exact" forms the Hessian, one backward pass per unknown; "cg" uses products with it only. Raises
    `InvalidArgument` for several groups, complex parameters, another method and a step without a closure.

    >>> import wengert as wg
    >>> w = wg.tensor([-1.2, 1.0], requires_grad=True)
    >>> optimizer = wg.optim.Newton([w])
    >>> for _ in range(30):
    ...     loss = optimizer.step(lambda: (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2)
    >>> w.detach().numpy().round(4)
    array([1., 1.])
    """

    def __init__(self, params: Iterable[Any], lr: float = 1.0, radius: float = 1.0, method: str = "exact") -> None:
        super().__init__(params, lr, radius, method)

    def model(self, result: Any, params: list[Tensor]) -> Quadratic:
        """The loss's gradient and Hessian."""
        slopes = grad(result, params, create_graph=True, materialize_grads=True)

        def product(v: Any) -> Any:
            outs = [s for s in slopes if s.requires_grad]
            if not outs:  # the loss is linear
                return np.zeros_like(v)
            pieces = [t for t, s in zip(_like(params, v), slopes, strict=True) if s.requires_grad]
            found = grad(outs, params, pieces, retain_graph=True, materialize_grads=True)
            return vector_of([read(x) for x in found])

        return Quadratic(self.value(result), vector_of([read(s) for s in slopes]), product)

    def value(self, result: Any) -> float:
        """The loss."""
        return float(result.item())


class LevenbergMarquardt(_TrustRegion):
    """Least squares: steps to the minimum of ½ |r + J p|² in a ball, with the exact Jacobian J of the residual r.

    The closure returns the residual: a real tensor of any shape, or several. The arguments and errors are those of
    `Newton`; method "exact" forms JᵀJ, "cg" uses products with J and its transpose only. The source is named by
    `wg.optim.levenberg_marquardt`.

    >>> import numpy as np, wengert as wg
    >>> t = np.linspace(0, 1, 20)
    >>> w = wg.tensor([1.0, 1.0], requires_grad=True)
    >>> optimizer = wg.optim.LevenbergMarquardt([w])
    >>> for _ in range(20):
    ...     _ = optimizer.step(lambda: w[0] * np.exp(-w[1] * t) - 2.0 * np.exp(-3.0 * t))
    >>> w.detach().numpy().round(4)
    array([2., 3.])
    """

    def __init__(self, params: Iterable[Any], lr: float = 1.0, radius: float = 1.0, method: str = "exact") -> None:
        super().__init__(params, lr, radius, method)

    def model(self, result: Any, params: list[Tensor]) -> Quadratic:
        """Gradient Jᵀr, and JᵀJ for the Hessian."""
        r = joined(result)
        u = constant(np.zeros(r.shape, r.dtype)).requires_grad_()
        rows = grad(r, params, u, create_graph=True, materialize_grads=True)

        def pulled(v: Any) -> Any:
            found = grad(r, params, constant(v), retain_graph=True, materialize_grads=True)
            return vector_of([read(x) for x in found])

        def pushed(v: Any) -> Any:
            outs = [row for row in rows if row.requires_grad]
            pieces = [t for t, row in zip(_like(params, v), rows, strict=True) if row.requires_grad]
            return read(grad(outs, [u], pieces, retain_graph=True, materialize_grads=True)[0])

        values = read(r)
        return Quadratic(half_square(values), pulled(values), lambda v: pulled(pushed(v)))

    def value(self, result: Any) -> float:
        """Half the sum of squares."""
        return half_square(read(joined(result)))


class GaussNewton(LevenbergMarquardt):
    """Least squares by full steps to the minimum of ½ |r + J p|², as long as they help; else by shorter ones.

    For residuals that are nearly linear or small. The arguments are those of `LevenbergMarquardt`, whose first ball is
    small.

    >>> import numpy as np, wengert as wg
    >>> a, b = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([3.0, 7.0, 11.0])
    >>> w = wg.zeros(2, requires_grad=True)
    >>> _ = wg.optim.GaussNewton([w]).step(lambda: a @ w - b)
    >>> w.detach().numpy().round(6)
    array([1., 1.])
    """

    def __init__(self, params: Iterable[Any], lr: float = 1.0, radius: float = 1e6, method: str = "exact") -> None:
        super().__init__(params, lr, radius, method)


def _like(params: list[Tensor], vector: Any) -> list[Tensor]:
    """A vector's pieces in the shapes of the parameters."""
    ends = np.cumsum([p.size for p in params])[:-1]
    pieces = np.split(vector, ends)
    return [constant(x.reshape(p.shape).astype(p.dtype)) for x, p in zip(pieces, params, strict=True)]
