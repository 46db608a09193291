"""Optimisers as functions of trees: the same rules, with the state in the user's hands.

    optimizer = wg.optim.adam(lr=1e-3)
    state = optimizer.init(params)
    params, state = optimizer.update(gradients, state, params)

Nothing is mutated, so a whole training step compiles, and a training loop is a `scan`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.errors import InvalidArgument, explain, user_line
from wengert.interpreters.tensor import constant
from wengert.optim.adam import Adam, AdamW, Lion
from wengert.optim.adams import Adamax, NAdam, RAdam
from wengert.optim.adaptive import Adadelta, Adagrad, RMSprop
from wengert.optim.matrices import Adafactor, Muon
from wengert.optim.optimizer import Optimizer, check_fit
from wengert.optim.robust import ASGD, Rprop
from wengert.optim.rules import pairs, unpaired
from wengert.optim.sgd import SGD

__all__ = [
    "Functional",
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "asgd",
    "lion",
    "muon",
    "nadam",
    "radam",
    "rmsprop",
    "rprop",
    "sgd",
]


class Functional:
    """The rule of an optimiser for trees of parameters.

    Made by `sgd`, `adam`, `adamw` and the others, which have the names of the classes and their options. `lr` may also
    be a function of the number of the step, from 0 on, that `wg.jit` can trace.

    >>> import numpy as np, wengert as wg
    >>> optimizer = wg.optim.sgd(lr=0.1, momentum=0.9)
    >>> params = {"w": np.array([1.0, 2.0])}
    >>> state = optimizer.init(params)
    >>> gradients = wg.grad(lambda p: np.sum(p["w"] ** 2))(params)
    >>> params, state = optimizer.update(gradients, state, params)
    >>> params["w"]
    array([0.8, 1.6])
    """

    def __init__(self, rule: type[Optimizer], **options: Any) -> None:
        lr = options.get("lr")
        fixed = options | {"lr": 0.0} if callable(lr) else options
        # The class knows its defaults, and refuses options that make no sense.
        made = rule([constant(np.zeros((1, 1)))], **fixed)
        self.options = made.param_groups[0] | ({"lr": lr} if callable(lr) else {})
        del self.options["params"]
        self.rule = rule

    def init(self, params: Any) -> Any:
        """The state before the first step, for a tree of parameters."""
        leaves, count = [_floating(x) for x in tree.leaves(params)], np.zeros(())
        for x in leaves:
            check_fit(self.rule, x)
        options = self.options | {"lr": self._rate(count)}
        return {"count": count, "leaves": [self.rule.start(pairs(x), options) for x in leaves]}

    def _rate(self, count: Any) -> Any:
        lr: Callable[[Any], Any] | float = self.options["lr"]
        return lr(count) if callable(lr) else lr

    def update(self, gradients: Any, state: Any, params: Any) -> tuple[Any, Any]:
        """The new parameters and the new state; all three trees stay as they are.

        A gradient that is None leaves its parameter alone. Raises `StructureMismatch` if the trees differ.
        """
        values, structure = tree.flatten(params)
        slopes = structure.flatten(gradients)
        rate = self._rate(state["count"])
        news, kept = [], []
        for value, slope, old in zip(values, slopes, state["leaves"], strict=True):
            new = dict(old)
            scaled = rate.astype(value.dtype) if hasattr(rate, "astype") else rate
            if slope is None:
                news.append(value)
            else:
                moved = self.rule.updated(pairs(value), pairs(slope), new, self.options | {"lr": scaled})
                news.append(unpaired(moved, value))
            kept.append(new)
        return structure.unflatten(news), {"count": state["count"] + 1, "leaves": kept}

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.rule.__name__.lower()}({options})"


def _floating(x: Any) -> Any:
    """A parameter, which has a dtype: Python's floats count as float64."""
    x = x if hasattr(x, "dtype") else np.asarray(x)
    if x.dtype.kind not in "fc":
        raise InvalidArgument(
            explain(
                f"an optimiser at {user_line()} got a parameter of dtype {x.dtype}.",
                "Only floating point and complex numbers can be trained.",
                "Write x.astype(float), or keep it out of the tree of parameters.",
            )
        )
    return x


def _maker(rule: type[Optimizer]) -> Callable[..., Functional]:
    def make(**options: Any) -> Functional:
        return Functional(rule, **options)

    make.__name__ = make.__qualname__ = rule.__name__.lower()
    make.__doc__ = f"`{rule.__name__}` as functions of trees: ``init`` and ``update`` of a `Functional`."
    return make


sgd, adam, adamw, lion = _maker(SGD), _maker(Adam), _maker(AdamW), _maker(Lion)
rmsprop, adagrad, adadelta = _maker(RMSprop), _maker(Adagrad), _maker(Adadelta)
adamax, nadam, radam, adafactor = _maker(Adamax), _maker(NAdam), _maker(RAdam), _maker(Adafactor)
rprop, asgd, muon = _maker(Rprop), _maker(ASGD), _maker(Muon)
