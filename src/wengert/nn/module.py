"""Module: a model as an object that holds its parameters, buffers and submodules.

Whatever it holds is an ordinary attribute; `_roles` says which attributes are more than that:

    self.weight = nn.Parameter(...)          _roles["weight"] = "parameter"     trained
    self.register_buffer("mean", zeros(3))   _roles["mean"]   = "buffer"        kept with the model, not trained
    self.inner = nn.Linear(3, 3)             _roles["inner"]  = "module"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wengert import tree
from wengert.core.apply import Box
from wengert.errors import refuse
from wengert.interpreters.tensor import constant
from wengert.nn import skeleton
from wengert.nn.hooks import called
from wengert.nn.moving import Movable
from wengert.nn.parameter import Parameter, buffer_role, is_made
from wengert.nn.refusals import check_name, no_such, not_a_parameter, unborn, wrong_kind
from wengert.nn.state import Stateful

__all__ = ["Module"]

Named = Iterator[tuple[str, Any]]


class Module(Movable, Stateful):
    """The base of models: a subclass makes its parts in ``__init__`` and computes in ``forward``.

    Attributes that are parameters (`nn.Parameter`, or any leaf that requires a gradient), modules, and buffers
    (`register_buffer`) are found by name. A module is a tree as well: its leaves are its parameters but the frozen
    ones, a parameter held twice is one leaf, and everything else stays as it is. So ``grad``, ``vmap`` and ``jit`` take
    models as arguments, and ``tree.map(lambda p, g: p - 0.1 * g, model, gradient)`` is a model again.

    >>> import numpy as np, wengert as wg
    >>> class Line(wg.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = wg.nn.Parameter(2.0)
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> line = Line()
    >>> line(3.0).backward()
    >>> line.slope.grad, [name for name, _ in line.named_parameters()]
    (tensor(3.), ['slope'])
    >>> wg.grad(lambda model: model(3.0))(line).slope.item()
    3.0
    """

    training: bool
    _roles: dict[str, str]

    if TYPE_CHECKING:  # parameters, buffers and submodules by name

        def __getattr__(self, name: str) -> Any: ...

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        tree.register(cls, skeleton.flatten, skeleton.unflatten)

    def __init__(self) -> None:
        self.__dict__.update(training=True, _roles={}, _hooks={})

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the model computes; a subclass writes it, and users call the module itself."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`forward`, with the hooks."""
        if self.__dict__["_hooks"]:
            return called(self, args, kwargs)
        return self.forward(*args, **kwargs)

    # --- attributes ---------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        roles = self.__dict__.get("_roles")
        found = "module" if isinstance(value, Module) else "parameter" if isinstance(value, Parameter) else None
        found = found or buffer_role(value)
        if roles is None:
            if found is None:
                object.__setattr__(self, name, value)
                return
            raise unborn(self, name)
        role = roles.get(name, "")
        if (
            role.startswith("buffer")
            and isinstance(value, Box | np.ndarray | np.generic)
            and not is_made(value)
            and found in (None, "parameter")
        ):
            value = value if isinstance(value, Box) else constant(value)
        elif role in ("parameter", "frozen") and found == "parameter":
            pass
        elif found is not None:
            roles[name] = found
        elif role in ("parameter", "frozen") and value is not None:
            raise not_a_parameter(self, name, value)
        elif role and value is not None:
            raise wrong_kind(self, name, value, "module" if role == "module" else "buffer")
        if "_places" in self.__dict__:
            self._places.pop(name, None)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._roles.pop(name, None)

    def register_parameter(self, name: str, param: Any) -> None:
        """Hold a parameter under this name; None keeps the name for one that is absent, such as a bias."""
        check_name(self, name, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise not_a_parameter(self, name, param)
        self._roles[name] = "parameter"
        setattr(self, name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Hold numbers that belong to the model and are not trained; `persistent` ones are in the `state_dict`."""
        check_name(self, name, "buffer")
        value = tensor if tensor is None or isinstance(tensor, Box) else constant(np.array(tensor)[()])
        self._roles[name] = "buffer" if persistent else "buffer, not saved"
        object.__setattr__(self, name, value)

    def register_module(self, name: str, module: Module | None) -> None:
        """Hold a submodule under this name."""
        check_name(self, name, "module")
        if module is not None and not isinstance(module, Module):
            raise wrong_kind(self, name, module, "module")
        self._roles[name] = "module"
        setattr(self, name, module)

    add_module = register_module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module in the place of a dotted name; strict: only where there is one already.

        Raises an `InvalidArgument` that is an `AttributeError`, too, if there is no module to hold it, or nothing to
        replace.
        """
        if strict:
            self.get_submodule(target)
        path, _, name = target.rpartition(".")
        if not name:
            raise no_such(self, target, "module", [n for n, _ in self.named_modules() if n])
        setattr(self.get_submodule(path), name, module)

    # --- what it holds --------------------------------------------------------------------------------------------

    def _held(self, *roles: str) -> Named:
        for name, role in self._roles.items():
            if role in roles and self.__dict__[name] is not None:
                yield name, self.__dict__[name]

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The submodules with their names; one that is held twice comes once."""
        seen: set[int] = set()
        for name, module in self._held("module"):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The submodules."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[int] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all within, with dotted names; one that is held twice comes once if so wanted."""
        memo = set() if memo is None else memo
        if id(self) not in memo:
            if remove_duplicate:
                memo.add(id(self))
            yield prefix, self
            for name, module in self._held("module"):
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all within; one that is held twice comes once if so wanted."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def _named(self, roles: tuple[str, ...], prefix: str, recurse: bool, once: bool) -> Named:
        seen: set[int] = set()
        for path, module in self.named_modules(None, prefix, once) if recurse else [(prefix, self)]:
            for name, x in module._held(*roles):
                if not once or id(x) not in seen:
                    seen.add(id(x))
                    yield (f"{path}.{name}" if path else name), x

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Named:
        """The parameters with dotted names; one that is held twice comes once."""
        return self._named(("parameter", "frozen"), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """The parameters, for an optimiser."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Named:
        """The buffers with dotted names."""
        return self._named(("buffer", "buffer, not saved"), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """The buffers."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module of a dotted name; "" is this one.

        Raises an `InvalidArgument` that is an `AttributeError`, too, if there is none.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            module = module.__dict__.get(name) if module._roles.get(name) == "module" else None
            if module is None:
                raise no_such(self, target, "module", [n for n, _ in self.named_modules() if n])
        return module  # type: ignore[no-any-return]

    def _get(self, target: str, what: str, named: Named) -> Any:
        found = dict(named)
        if target not in found:
            raise no_such(self, target, what, list(found))
        return found[target]

    def get_parameter(self, target: str) -> Any:
        """The parameter of a dotted name."""
        return self._get(target, "parameter", self.named_parameters(remove_duplicate=False))

    def get_buffer(self, target: str) -> Any:
        """The buffer of a dotted name."""
        return self._get(target, "buffer", self.named_buffers(remove_duplicate=False))

    # --- changing it whole ------------------------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call a function on every module within, and on this one last; returns this module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set whether layers such as dropout behave as in training; returns this module."""
        if not isinstance(mode, bool):
            raise refuse(
                f"{type(self).__name__}.train was called with {mode!r}",
                "A module is in training, or it is not.",
                "Write module.train(True), or module.eval().",
            )
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Behave as in use: dropout lets everything pass, normalisation uses its running statistics."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Switch on or off whether ``backward()`` reaches the parameters; transforms reach them all the same."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def freeze(self, frozen: bool = True) -> Self:
        """Take the parameters for constants, on the tape and in transforms, or no longer; returns this module."""
        for module in self.modules():
            for name, role in module._roles.items():
                if role in ("parameter", "frozen"):
                    module._roles[name] = "frozen" if frozen else "parameter"
        return self.requires_grad_(not frozen)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for p in self.parameters():
            p.grad = None if set_to_none or p.grad is None else constant(np.zeros(p.shape, p.dtype)[()])

    # --- showing it -------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What ``repr`` says of this module besides its submodules."""
        return ""

    def _get_name(self) -> str:
        """The name that ``repr`` begins with."""
        return type(self).__name__

    def __repr__(self) -> str:
        name, extra = self._get_name(), self.extra_repr()
        children = [(key, self.__dict__[key]) for key, role in self._roles.items() if role == "module"]
        lines = [f"({key}): {child!r}".replace("\n", "\n  ") for key, child in children]
        told = extra.split("\n") if extra else []
        if not lines and len(told) < 2:
            return f"{name}({extra})"
        return "\n  ".join([f"{name}(", *told, *lines]) + "\n)"

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name[:1].isdigit()]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


tree.register(Module, skeleton.flatten, skeleton.unflatten)
