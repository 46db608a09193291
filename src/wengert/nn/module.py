"""Module: a model as an object that holds its parameters, buffers and submodules.

Whatever it holds is an ordinary attribute; `_roles` says which attributes are more than that:

    self.weight = nn.Parameter(...)          _roles["weight"] = "parameter"     trained
    self.register_buffer("mean", zeros(3))   _roles["mean"]   = "buffer"        kept with the model, not trained
    self.inner = nn.Linear(3, 3)             _roles["inner"]  = "module"
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wengert import tree
from wengert.core.apply import Box
from wengert.errors import InvalidArgument, NotDifferentiable, explain, user_line
from wengert.interpreters.placed import check_device
from wengert.interpreters.tape import Handle, Hooks
from wengert.interpreters.tensor import constant
from wengert.nn import loading, skeleton
from wengert.nn.hooks import called, with_keywords
from wengert.nn.parameter import Parameter, buffer_role

__all__ = ["Module"]

Named = Iterator[tuple[str, Any]]


class Module:
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
            raise _unborn(self, name)
        role = roles.get(name)
        if role is not None and role.startswith("buffer") and isinstance(value, Box | np.ndarray | np.generic):
            value = value if isinstance(value, Box) else constant(value)
        elif role in ("parameter", "frozen") and found == "parameter":
            pass
        elif role in ("parameter", "frozen") and value is not None and not isinstance(value, Module):
            raise _not_a_parameter(self, name, value)
        elif found is not None:
            roles[name] = found
        elif role is not None and value is not None:
            del roles[name]
        if "_places" in self.__dict__:
            self._places.pop(name, None)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._roles.pop(name, None)

    def register_parameter(self, name: str, param: Any) -> None:
        """Hold a parameter under this name; None keeps the name for one that is absent, such as a bias."""
        self._roles[name] = "parameter"
        setattr(self, name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Hold numbers that belong to the model and are not trained; `persistent` ones are in the `state_dict`."""
        value = tensor if tensor is None or isinstance(tensor, Box) else constant(np.array(tensor)[()])
        self._roles[name] = "buffer" if persistent else "buffer, not saved"
        setattr(self, name, value)

    def register_module(self, name: str, module: Module | None) -> None:
        """Hold a submodule under this name."""
        self._roles[name] = "module"
        setattr(self, name, module)

    add_module = register_module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module in the place of a dotted name; strict: only where there is one already.

        Raises `InvalidArgument` if there is no module to hold it, or nothing to replace.
        """
        if strict:
            self.get_submodule(target)
        path, _, name = target.rpartition(".")
        if not name:
            raise _no_such(self, target, "module", [n for n, _ in self.named_modules() if n])
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

    def modules(self) -> Iterator[Module]:
        """This module and all within."""
        return (module for _, module in self.named_modules())

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
        """The module of a dotted name; "" is this one. Raises `InvalidArgument` if there is none."""
        module: Any = self
        for name in target.split(".") if target else ():
            module = module.__dict__.get(name) if module._roles.get(name) == "module" else None
            if module is None:
                raise _no_such(self, target, "module", [n for n, _ in self.named_modules() if n])
        return module  # type: ignore[no-any-return]

    def _get(self, target: str, what: str, named: Named) -> Any:
        found = dict(named)
        if target not in found:
            raise _no_such(self, target, what, list(found))
        return found[target]

    def get_parameter(self, target: str) -> Any:
        """The parameter of a dotted name."""
        return self._get(target, "parameter", self.named_parameters(remove_duplicate=False))

    def get_buffer(self, target: str) -> Any:
        """The buffer of a dotted name."""
        return self._get(target, "buffer", self.named_buffers(remove_duplicate=False))

    # --- saving and loading -----------------------------------------------------------------------------------

    def state_dict(self, prefix: str = "", keep_vars: bool = False) -> OrderedDict[str, Any]:
        """All parameters and persistent buffers by dotted name, as detached tensors that share their memory.

        prefix: goes before every name. keep_vars: give the tensors themselves.
        """
        named = self._named(("parameter", "frozen", "buffer"), prefix, True, False)
        return OrderedDict((name, x if keep_vars else x.detach()) for name, x in named)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> loading.Loaded:
        """Copy the numbers of a `state_dict` into this module's parameters and buffers; all of them, or none.

        Returns the names that were missing and those nobody wanted. Raises `InvalidArgument`, naming every one, if
        there are any and `strict` is set, and if a shape differs; nothing is changed then.
        """
        return loading.load(self, state_dict, strict)

    # --- changing it whole ------------------------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call a function on every module within, and on this one last; returns this module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set whether layers such as dropout behave as in training; returns this module."""
        for module in self.modules():
            module.training = mode
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

    def to(self, *args: Any, dtype: Any = None, device: Any = None) -> Self:
        """Change the dtype of all floating parameters and buffers, which stay the same tensors; returns this module.

        The argument is a dtype, a tensor whose dtype to take, or a device, of which there is one ("cpu").
        """
        for arg in args:
            if (isinstance(arg, str) and arg.startswith(("cpu", "cuda", "mps"))) or hasattr(arg, "index"):
                device = arg
            else:
                dtype = arg.dtype if isinstance(arg, Box) else arg
        check_device(device)
        if dtype is not None:
            for x in [*self.parameters(), *self.buffers()]:
                if x.dtype.kind in "fc":
                    _retype(x, np.dtype(dtype))
        return self

    def float(self) -> Self:
        """Single precision."""
        return self.to(np.float32)

    def double(self) -> Self:
        """Double precision."""
        return self.to(np.float64)

    def half(self) -> Self:
        """Half precision."""
        return self.to(np.float16)

    def type(self, dst_type: Any) -> Self:
        """Another dtype."""
        return self.to(dst_type)

    def cpu(self) -> Self:
        """The module itself: there is no other device."""
        return self

    # --- hooks ------------------------------------------------------------------------------------------------

    def _hook(self, kind: str, hook: Callable[..., Any], prepend: bool) -> Handle:
        hooks = self.__dict__["_hooks"].setdefault(kind, Hooks())
        earlier = list(hooks.items()) if prepend else []
        handle = Handle(hooks, hook)
        for key, other in earlier:
            del hooks[key]
            hooks[key] = other
        return handle

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call ``hook(module, args)`` before ``forward``; what it returns, if not None, are the arguments.

        prepend: before the hooks that there are. with_kwargs: call ``hook(module, args, kwargs)``, which returns both.
        """
        return self._hook("before", hook if with_kwargs else with_keywords("before", hook), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call ``hook(module, args, output)`` after ``forward``; what it returns, if not None, is the output.

        prepend: before the hooks that there are. with_kwargs: call ``hook(module, args, kwargs, output)``.
        """
        return self._hook("after", hook if with_kwargs else with_keywords("after", hook), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[[Module, Any], Any], prepend: bool = False) -> Handle:
        """Call ``hook(module, grad_output)`` when the gradient of the outputs is known; it may return another."""
        return self._hook("back before", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[[Module, Any, Any], Any], prepend: bool = False) -> Handle:
        """Call ``hook(module, grad_input, grad_output)`` when that of the inputs is; it may return another of these."""
        return self._hook("back after", hook, prepend)

    # --- showing it -------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What ``repr`` says of this module besides its submodules."""
        return ""

    def __repr__(self) -> str:
        name, extra = type(self).__name__, self.extra_repr()
        lines = [f"({key}): {child!r}".replace("\n", "\n  ") for key, child in self._held("module")]
        if not lines:
            return f"{name}({extra})"
        return "\n  ".join([f"{name}({extra}", *lines]) + "\n)"

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_hooks": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _retype(x: Any, dtype: Any) -> None:
    """Change the dtype of a tensor that others hold, and forget its gradient, which had the old one."""
    asked = x.requires_grad
    x.grad = None
    x.requires_grad_(False)
    if x.dtype != dtype:
        x.data = x.detach().astype(dtype)
    x.requires_grad_(asked)


def _unborn(module: Module, name: str) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"{type(module).__name__}.{name} was set at {user_line()} before Module.__init__ ran.",
            "A module must be set up before it can hold parameters and modules.",
            "Write super().__init__() as the first line of its __init__.",
        )
    )


def _not_a_parameter(module: Module, name: str, value: Any) -> NotDifferentiable:
    return NotDifferentiable(
        explain(
            f"{type(module).__name__}.{name} was set at {user_line()} to a value of type {type(value).__name__}.",
            "It is a parameter, and an optimiser that knows it would go on training the old one.",
            f"Write nn.Parameter(value), or change the numbers: with wg.no_grad(): module.{name}.copy_(value).",
        )
    )


def _no_such(module: Module, target: str, what: str, have: list[str]) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"{type(module).__name__} has no {what} {target!r} (asked at {user_line()}).",
            f"Its {what}s are {', '.join(have) or 'none'}.",
            f"Write one of these names; named_{what}s() lists them.",
        )
    )


tree.register(Module, skeleton.flatten, skeleton.unflatten)
