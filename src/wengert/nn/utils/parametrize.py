"""Parameters that are computed from others: a weight of norm 1, an orthogonal one, one that is symmetric.

    layer.weight                            what the parametrizations make of the original, at every access
    layer.parametrizations.weight           the modules, in their order
    layer.parametrizations.weight.original  what is trained, and saved

The layer becomes an instance of a class of its own, in which the name is a property.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wengert.autograd import no_grad
from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.nn.containers import ModuleDict
from wengert.nn.module import Module
from wengert.nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
]

# The values of this `with cached()`, by place; None outside of it.
_kept: dict[tuple[int, str], Any] | None = None


@contextmanager
def cached() -> Iterator[None]:
    """Compute every parametrized tensor once while this lasts: for one that a forward pass asks for many times.

    >>> import wengert as wg
    >>> from wengert.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(wg.nn.Linear(3, 2))
    >>> with parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    global _kept
    outer, _kept = _kept, {} if _kept is None else _kept
    try:
        yield
    finally:
        _kept = outer


class ParametrizationList(Module):
    """The modules that a tensor is computed by, each from what the one before returned; called without arguments.

    The first one gets the original: `original`, or `original0`, `original1` ... if its ``right_inverse`` returned
    several.
    """

    def __init__(self, modules: list[Module], original: Any, role: str) -> None:
        super().__init__()
        for n, module in enumerate(modules):
            self.register_module(str(n), module)
        parts = self._undone(original)
        self.several = isinstance(parts, tuple)
        parts = parts if self.several else (_in_place(original, parts),)
        for name, part in zip(self._names(parts), parts, strict=True):
            if role.startswith("buffer"):
                self.register_buffer(name, part, role == "buffer")
            else:
                self.register_parameter(name, part if part is original else Parameter(part, original.requires_grad))

    def _names(self, parts: Any) -> list[str]:
        return [f"original{n}" for n in range(len(parts))] if self.several else ["original"]

    def _originals(self) -> list[Any]:
        return [x for name, x in self.__dict__.items() if name.startswith("original")]

    def _undone(self, value: Any) -> Any:
        with no_grad():
            for module in reversed(list(self.children())):
                if hasattr(module, "right_inverse"):
                    value = module.right_inverse(value)
        return value

    def append(self, module: Module) -> None:
        """Compute the tensor by a further module, from what it is now."""
        self.register_module(str(len(list(self.children()))), module)

    def assign(self, value: Any) -> None:
        """Change the originals so that the tensor becomes this value, if the modules have their ``right_inverse``."""
        parts = self._undone(value)
        with no_grad():
            for old, new in zip(self._originals(), parts if self.several else (parts,), strict=True):
                old[...] = new

    def forward(self) -> Any:
        """The tensor."""
        first, *others = self.children()
        out = first(*self._originals())
        for module in others:
            out = module(out)
        return out


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let a parameter or buffer of a module be computed by another module; returns the module.

    parametrization: called with the tensor, it returns one of the same shape and dtype, unless `unsafe` is set. If it
    has ``right_inverse``, this turns the present value into what is trained: one tensor, or a tuple of them, with which
    it is called then. A second parametrization gets what the first one returns. Raises `InvalidArgument` for a name
    that is no parameter or buffer, and for one that changes shape or dtype.

    >>> import numpy as np, wengert as wg
    >>> class Symmetric(wg.nn.Module):
    ...     def forward(self, x):
    ...         return np.triu(x) + np.triu(x, 1).T
    >>> layer = wg.nn.utils.parametrize.register_parametrization(wg.nn.Linear(3, 3), "weight", Symmetric())
    >>> bool(np.all(layer.weight == layer.weight.T)), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    if is_parametrized(module, tensor_name):
        before = getattr(module, tensor_name)
        if not unsafe:
            _check(tensor_name, before, parametrization(before))
        module.parametrizations[tensor_name].append(parametrization)
        return module
    role = module._roles.get(tensor_name, "module")
    original = module.__dict__.get(tensor_name)
    if role == "module" or original is None:
        have = [name for name, _ in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]]
        raise InvalidArgument(
            explain(
                f"register_parametrization at {user_line()} got the name {tensor_name!r}.",
                f"The parameters and buffers of {type(module).__name__} are {', '.join(have) or 'none'}.",
                "Give one of these names.",
            )
        )
    made = ParametrizationList([parametrization], original, role)
    if not unsafe:
        with no_grad():
            _check(tensor_name, original, made())
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.register_module("parametrizations", ModuleDict())
    module.parametrizations[tensor_name] = made
    _set_class(module)
    return module


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Let a tensor be a parameter or buffer of its own again; returns the module.

    leave_parametrized: with its present value; else it is the original again, which has to be one tensor. Raises
    `InvalidArgument` if it is not parametrized, and for several originals.
    """
    if not is_parametrized(module, tensor_name):
        raise InvalidArgument(
            explain(
                f"remove_parametrizations at {user_line()} got the name {tensor_name!r}.",
                f"{type(module).__name__} has no such parametrized tensor.",
                "is_parametrized(module, name) tells.",
            )
        )
    found = module.parametrizations[tensor_name]
    if not leave_parametrized and found.several:
        raise InvalidArgument(
            explain(
                f"remove_parametrizations at {user_line()} was asked for the original of {tensor_name!r}.",
                "It was computed from several tensors.",
                "Call it with leave_parametrized=True, which keeps the present value.",
            )
        )
    original = found._originals()[0]
    role = next(role for name, role in found._roles.items() if name.startswith("original"))
    value = original
    if leave_parametrized:
        with no_grad():
            value = found().detach()
        value = value if found.several else _in_place(original, value)
    del module.parametrizations[tensor_name]
    if not len(module.parametrizations):
        del module.parametrizations
    _set_class(module)
    if role.startswith("buffer"):
        module.register_buffer(tensor_name, value, role == "buffer")
    else:
        module.register_parameter(tensor_name, value if value is original else Parameter(value, original.requires_grad))
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of a module, or any, is parametrized."""
    found = module.__dict__.get("parametrizations")
    return isinstance(found, ModuleDict) and (tensor_name is None or tensor_name in found)


def _in_place(original: Any, value: Any) -> Any:
    """The original with this value, where it fits: an optimiser that knows it goes on training it."""
    if value is original or value.shape != original.shape or value.dtype != original.dtype:
        return value
    with no_grad():
        original[...] = value
    return original


def _check(name: str, before: Any, after: Any) -> None:
    if not isinstance(after, Box) or after.shape != before.shape or after.dtype != before.dtype:
        raise InvalidArgument(
            explain(
                f"a parametrization of {name!r}, of shape {before.shape} and dtype {before.dtype}, at {user_line()} "
                f"made one of shape {getattr(after, 'shape', None)} and dtype {getattr(after, 'dtype', None)}.",
                "The module computes with it as with the tensor that it was built for.",
                "Return one of the same shape and dtype, or register it with unsafe=True.",
            )
        )


# --- the class of a parametrized module -----------------------------------------------------------------------------


class _Parametrized:
    """What marks such a class; `base` is the class without parametrizations."""

    base: type[Module]


def _set_class(module: Module) -> None:
    cls = type(module)
    base = cls.base if issubclass(cls, _Parametrized) else cls
    names = tuple(module.parametrizations.keys()) if is_parametrized(module) else ()
    module.__class__ = _class_of(base, names) if names else base  # type: ignore[arg-type]  # classes have a hash


@functools.cache
def _class_of(base: type[Module], names: tuple[str, ...]) -> type[Module]:
    """A class in which these names are computed."""
    body: dict[str, Any] = {name: property(_reader(name), _writer(name)) for name in names}
    body |= {"base": base, "__module__": base.__module__, "__reduce__": lambda self: _reduced(self, base, names)}
    made = type(f"Parametrized{base.__name__}", (base, _Parametrized), body)

    def set_attribute(self: Module, name: str, value: Any) -> None:
        if name in names:
            object.__setattr__(self, name, value)
        else:
            base.__setattr__(self, name, value)

    made.__setattr__ = set_attribute  # type: ignore[assignment, method-assign]
    return made


def _reader(name: str) -> Any:
    def get(module: Module) -> Any:
        found = module.__dict__["parametrizations"][name]
        if _kept is None:
            return found()
        place = (id(module), name)
        if place not in _kept:
            _kept[place] = found()
        return _kept[place]

    return get


def _writer(name: str) -> Any:
    def assign(module: Module, value: Any) -> None:
        module.__dict__["parametrizations"][name].assign(value)

    return assign


def _reduced(module: Module, base: type[Module], names: tuple[str, ...]) -> Any:
    return _blank, (base, names), module.__getstate__()


def _blank(base: type[Module], names: tuple[str, ...]) -> Any:
    """A parametrized module without attributes, for `pickle` and `copy`, which do not know the class."""
    return object.__new__(_class_of(base, names))  # type: ignore[arg-type]  # classes have a hash
