"""What all optimisers share: groups of parameters, their options, their state, saving and loading it."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, ClassVar, TypedDict

import numpy as np

from wengert.autograd import enable_grad, no_grad
from wengert.core.apply import WATCH, Box, read, watcher
from wengert.core.view import Root, write
from wengert.errors import InvalidArgument, StructureMismatch, explain, user_line
from wengert.interpreters.record import Weak
from wengert.interpreters.tensor import Tensor, constant
from wengert.optim.fused import bundles, fused_step
from wengert.optim.hooks import Hooked
from wengert.optim.rules import check_options, pairs, unpaired

__all__ = ["Hints", "Optimizer", "check_fit"]


class UnknownOption(InvalidArgument, TypeError):
    """A keyword that an optimiser does not know."""


class NotParameters(InvalidArgument, TypeError):
    """What is to be optimised is no collection of tensors."""


class Hints(TypedDict, total=False):
    """How PyTorch is to carry out a step, which changes nothing here: steps are fused where it pays."""

    foreach: bool | None
    fused: bool | None
    capturable: bool
    differentiable: bool


class Optimizer(Hooked):
    """The base of optimisers: a subclass says how a parameter is updated (`updated`), and what it remembers (`start`).

    Or, as in PyTorch, it has a `step` of its own, which goes through `param_groups` and keeps what it likes in
    ``state[p]``, an empty dict at first. Options may then have any names.

    The step size ``lr`` of a group is a number, or a tensor of one; a compiled step asks for it at every run, so that
    schedules work there. Other options are what they were when the step was compiled.

    params: an iterable of leaf tensors, or of dicts ``{"params": …, "lr": …}`` whose options differ from the defaults.
    They may come with names, as from ``module.named_parameters()``, which a group keeps as ``param_names``.
    hints: PyTorch's `Hints`. Raises `InvalidArgument` for no parameters, for one given twice, for tensors that are no
    leaves, and for hints that ask for something else than a plain step.

    >>> import numpy as np, wengert as wg
    >>> class Signs(wg.optim.Optimizer):
    ...     def __init__(self, params, size):
    ...         super().__init__(params, {"size": size})
    ...     @wg.no_grad()
    ...     def step(self):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p.sub_(group["size"] * np.sign(p.grad))
    >>> w = wg.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Signs([w], size=0.5)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach().numpy()
    array([ 0.5, -1.5])
    """

    entrywise: ClassVar[bool] = True  # every entry of a parameter is updated by itself
    nonnegative: ClassVar[tuple[str, ...]] = ()  # the options that must not be negative, beside lr
    moments: ClassVar[tuple[str, ...]] = ()  # what is remembered of every entry, 0 at first

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any], hints: Hints | None = None) -> None:
        _check_hints(type(self).__name__, hints or {})
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        if isinstance(params, Tensor):
            raise _not_a_collection(params)
        given = list(params)
        if not given:
            raise InvalidArgument(
                explain(
                    f"{type(self).__name__} at {user_line()} got no parameters.",
                    "There is nothing to optimise; a generator that was used before is empty, for instance.",
                    "Give a list of leaf tensors.",
                )
            )
        for group in given if isinstance(given[0], Mapping) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Optimise further parameters: a dict with ``params`` and the options that differ from the defaults."""
        group = self.defaults | dict(param_group) | _listed(param_group["params"])
        seen = {id(p) for old in self.param_groups for p in old["params"]}
        for p in group["params"]:
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise _not_a_leaf(p)
            check_fit(type(self), p)
            if id(p) in seen:
                raise InvalidArgument(
                    explain(
                        f"a parameter of shape {p.shape} was given twice at {user_line()}.",
                        "It would be updated twice per step.",
                        "Leave it out of one of the groups.",
                    )
                )
            seen.add(id(p))
        self.check(group)
        self.param_groups.append(group)

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise `InvalidArgument` if an option of the group makes no sense: one that is negative, or no weight."""
        check_options(type(self).__name__, group, *self.nonnegative)

    @classmethod
    def wanted(cls, p: Any) -> str | None:
        """What the rule is for, if it is not for this parameter."""
        return None

    @classmethod
    def start(cls, value: Any, group: Mapping[str, Any]) -> dict[str, Any]:
        """What is remembered of a parameter before its first step, arrays by name: the moments, and a count."""
        zeros = {name: np.zeros_like(value) for name in cls.moments}
        return {"step": np.zeros(()), **zeros} if zeros else {}

    @classmethod
    def updated(cls, value: Any, gradient: Any, state: dict[str, Any], group: Mapping[str, Any]) -> Any:
        """The new value of a parameter, all in plain arrays; `state` is the parameter's own, to be kept up to date."""
        raise NotImplementedError(f"{cls.__name__} has neither updated nor a step of its own")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        closure: computes the loss anew, after clearing and filling the gradients; its result is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                slopes = [(p, p.grad) for p in group["params"]]
                ready = [(p, read(slope)) for p, slope in slopes if slope is not None]
                for is_fused, part in bundles(type(self), ready, group):
                    if is_fused:
                        self._update_together(part, group)
                    else:
                        for p, gradient in part:
                            self._update(p, gradient, group)
        return loss

    def _remembered(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """The state of a parameter. Arrays in it are kept as tensors, which are written in place."""
        state = self.state.get(p)
        if not state:
            state = self.state[p] = {
                key: constant(np.asarray(x)[()] if isinstance(x, np.ndarray) else x)
                for key, x in self._started(p, group).items()
            }
        return state

    def _started(self, p: Tensor, group: Mapping[str, Any]) -> dict[str, Any]:
        """The state of a parameter before its first step, in plain arrays."""
        return self.start(pairs(read(p)), _with_rate(group, p.dtype))

    def _update_together(self, ready: Sequence[tuple[Tensor, Any]], group: dict[str, Any]) -> None:
        """One step of several parameters, given with their gradients, compiled."""
        states = [self._remembered(p, group) for p, _ in ready]
        options = {name: group[name] for name in self.defaults}
        values, remembered = fused_step(type(self), ready, states, options)
        for (p, _), value, state, new in zip(ready, values, states, remembered, strict=True):
            _renew(p, value)
            for key, x in new.items():
                _renew(state[key], x)

    def _update(self, p: Tensor, gradient: Any, group: dict[str, Any]) -> None:
        """One step of a parameter."""
        state, value = self._remembered(p, group), read(p)
        values = {key: read(x) if isinstance(x, Tensor) else x for key, x in state.items()}
        options = _with_rate(group, p.dtype)
        new = unpaired(self.updated(pairs(value), pairs(gradient), values, options), value)
        _renew(p, _unshared(new, gradient))
        for key, x in values.items():
            have = state.get(key)
            if isinstance(have, Tensor):
                _renew(have, _unshared(x, gradient))
            else:
                state[key] = constant(np.copy(x)[()]) if _is_array(x) else x

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = Tensor(np.zeros(p.shape, p.dtype)[()], None, 0)

    def state_dict(self) -> dict[str, Any]:
        """The options, and the state of each parameter, which is named by its place among all parameters."""
        self._tell("save_pre")
        place: dict[Any, Any] = {p: n for n, p in enumerate(self._params())}
        groups = [
            {key: copy.copy(value) for key, value in group.items() if key != "params"}
            | {"params": [place[p] for p in group["params"]]}
            for group in self.param_groups
        ]
        # What is no parameter may have a state, too.
        states = {place.get(p, p): dict(x) if isinstance(x, dict) else x for p, x in self.state.items()}
        saved: dict[str, Any] = self._passed("save_post", {"state": states, "param_groups": groups})
        return saved

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned, for parameters grouped in the same way."""
        state_dict = self._passed("load_pre", dict(state_dict))
        saved = state_dict["param_groups"]
        have, want = [len(g["params"]) for g in saved], [len(g["params"]) for g in self.param_groups]
        if have != want:
            raise StructureMismatch(
                explain(
                    f"a state with groups of {have} parameters was loaded at {user_line()} for groups of {want}.",
                    "State belongs to parameters by their place.",
                    "Build the optimiser with the same groups as the saved one.",
                )
            )
        for group, new in zip(self.param_groups, saved, strict=True):
            group.update({key: copy.copy(x) for key, x in new.items() if key not in ("params", "param_names")})
        places = dict(enumerate([(p, group) for group in self.param_groups for p in group["params"]]))
        self.state = defaultdict(dict)
        for n, state in state_dict["state"].items():
            if n in places:
                self.state[places[n][0]] = self._fitted(state, *places[n])
            else:
                self.state[n] = copy.deepcopy(state)
        self._tell("load_post")

    def _fitted(self, state: Mapping[str, Any], p: Tensor, group: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of a parameter's state; of a rule's, with the entries and dtypes that it has when it is started.

        PyTorch's states lack what is counted in other ways there, have None for what is not yet there, and complex
        arrays.
        """
        saved = {key: read(x) if isinstance(x, Tensor) else x for key, x in state.items()}
        started = self._started(p, group)
        if type(self).updated.__func__ is not Optimizer.updated.__func__:  # type: ignore[attr-defined]
            saved = {key: x for key, x in saved.items() if x is not None}
            if saved and "step" in started:
                saved = {"step": np.ones(())} | saved  # it was saved after a step
        return {key: _like(x, started.get(key)) for key, x in {**started, **saved}.items()}

    def _params(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for n, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {n}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def check_fit(rule: type[Optimizer], p: Any) -> None:
    """Raise `InvalidArgument` for a parameter that a rule is not for."""
    wanted = rule.wanted(p)
    if wanted is not None:
        raise InvalidArgument(
            explain(
                f"{rule.__name__} at {user_line()} got a parameter of shape {p.shape} and dtype {p.dtype}.",
                f"Its step is one for {wanted}.",
                "Give such parameters to another optimiser, AdamW for instance.",
            )
        )


def _renew(tensor: Tensor, array: Any) -> None:
    """Let an array that nobody else has replace the numbers of a tensor, while the tape is at rest."""
    root = tensor.alias
    if type(root) is Root and root.version and not isinstance(array, Box) and not isinstance(tensor.value, Box):
        tensor.value = array
        root.version += 1
        root.owned = False
    else:
        write(tensor, array if isinstance(array, Tensor) else constant(array))


def _unshared(x: Any, gradient: Any) -> Any:
    """A rule's result in memory of its own, also if the rule gives back the gradient itself."""
    return np.copy(x) if x is gradient else x


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic | Box) and not isinstance(x, Weak)


def _listed(params: Any) -> dict[str, Any]:
    """Parameters as an entry of a group, and their names if they come with such."""
    if isinstance(params, Set):
        raise NotParameters(
            explain(
                f"an optimiser at {user_line()} got a set of parameters.",
                "Their state is known by their place, and a set has another order at every run.",
                "Give them in a list.",
            )
        )
    given = [params] if isinstance(params, Tensor) else list(params)
    if not given or not all(isinstance(p, tuple) and len(p) == 2 for p in given):
        return {"params": given}
    names, found = zip(*given, strict=True)
    return {"params": list(found), "param_names": list(names)}


def _with_rate(group: Mapping[str, Any], dtype: Any) -> Mapping[str, Any]:
    """The options, with the step size, if there is one, as `_step_size` gives it."""
    if "lr" not in group or (type(group["lr"]) is float and not WATCH.on):
        return group
    return {**group, "lr": _step_size(group, dtype)}


def _step_size(group: Mapping[str, Any], dtype: Any) -> Any:
    """The group's ``lr`` as a number that leaves the dtype as it is; while a step is traced, one to be asked for."""
    lr = group["lr"]
    if isinstance(lr, Tensor):
        return read(lr).astype(dtype)
    trace = watcher()
    # A number that was found to change is an input of the program already.
    return lr if trace is None or isinstance(lr, Box) else trace.ask(lambda: np.asarray(group["lr"], dtype)[()])


def _like(x: Any, start: Any) -> Any:
    if start is None and not _is_array(x):
        return copy.deepcopy(x)
    x = np.asarray(x)
    return constant(np.array(x if start is None else pairs(x), getattr(start, "dtype", None))[()])


def _check_hints(name: str, hints: Mapping[str, Any]) -> None:
    unknown = [hint for hint in hints if hint not in Hints.__annotations__]
    if unknown:
        raise UnknownOption(
            explain(
                f"{name} at {user_line()} got {', '.join(unknown)}.",
                "It has no option of that name.",
                f"help(wg.optim.{name}) lists what there is.",
            )
        )
    if hints.get("differentiable"):
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got differentiable=True.",
                "A step writes into its parameters while the tape is at rest.",
                f"Use the functional form, which every transform takes: wg.optim.{name.lower()}(...).update.",
            )
        )


def _not_a_collection(p: Tensor) -> NotParameters:
    return NotParameters(
        explain(
            f"an optimiser at {user_line()} got one tensor of shape {p.shape}.",
            "Parameters are given as a collection, because they are usually many.",
            "Write [w], or [w, b].",
        )
    )


def _not_a_leaf(p: Any) -> InvalidArgument:
    tensor = isinstance(p, Tensor)
    what = f"a result of {p.grad_fn.name()}" if tensor else f"a value of type {type(p).__name__}"
    return (InvalidArgument if tensor else NotParameters)(
        explain(
            f"an optimiser at {user_line()} got {what} as a parameter.",
            "Only leaf tensors receive gradients and can be updated.",
            "Give tensors made by wg.tensor(..., requires_grad=True), or w.detach().requires_grad_().",
        )
    )
