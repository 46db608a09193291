"""Modules that hold others: in a row, in a list, by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from operator import index
from typing import Any, Self

from wengert.core.apply import Box
from wengert.errors import explain, refuse, user_line
from wengert.nn.module import Module
from wengert.nn.parameter import Parameter
from wengert.nn.refusals import WrongKind

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class _Container(Module):
    """What all containers share: their items are those with a role, in the order in which they came."""

    def _put(self, name: str, item: Any) -> None:
        """Hold an item: a module, or None."""
        self.register_module(name, item)

    def _clear(self) -> None:
        for name in list(self._roles):
            delattr(self, name)

    def _items(self) -> list[Any]:
        return [self.__dict__[name] for name in self._roles]

    def __len__(self) -> int:
        return len(self._roles)


class _OfParameters(_Container):
    """What containers of parameters share. Tensors become parameters; anything else is kept as it is."""

    def _put(self, name: str, item: Any) -> None:
        tensor = isinstance(item, Box) and not isinstance(item, Parameter)
        setattr(self, name, Parameter(item) if tensor else item)
        self._roles.setdefault(name, "item")

    def extra_repr(self) -> str:
        """What is held under each name, as PyTorch says it."""
        return "\n".join([f"  ({name}): {_kind(self.__dict__[name])}" for name in self._roles])


def _kind(item: Any) -> str:
    if not isinstance(item, Box):
        return f"Object of type: {type(item).__name__}"
    what = "Parameter" if isinstance(item, Parameter) else "Tensor"
    return f"{what} containing: [{item.dtype} of size {'x'.join(map(str, item.shape))}]"


# --- in a row ---------------------------------------------------------------------------------------------------


class _Row(_Container):
    """What lists of modules and of parameters share: items under the names "0", "1" and so on."""

    def __init__(self, items: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(() if items is None else items)

    def _fill(self, items: Iterable[Any]) -> Self:
        self._clear()
        return self.extend(items)

    def append(self, item: Any) -> Self:
        """Add an item at the end; returns this list."""
        self._put(str(len(self)), item)
        return self

    def extend(self, items: Iterable[Any]) -> Self:
        """Add items at the end; returns this list."""
        if not isinstance(items, Iterable):
            raise WrongKind(
                explain(
                    f"{type(self).__name__} got a {type(items).__name__} at {user_line()}.",
                    "It takes its items from a list, or anything else that gives them one by one.",
                    "Write [item] for a single one.",
                )
            )
        for item in list(items):
            self.append(item)
        return self

    def insert(self, index: int, item: Any) -> Self:
        """Put an item before the one of that number, or at the end; returns this list."""
        items = self._items()
        if not -len(items) <= index <= len(items):
            raise IndexError(f"there is no place {index} in a {type(self).__name__} of {len(items)} items")
        items.insert(index, item)
        return self._fill(items)

    def pop(self, index: int = -1) -> Any:
        """Take an item out."""
        items = self._items()
        item = items.pop(index)
        self._fill(items)
        return item

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __getitem__(self, index: int | slice) -> Any:
        found = self._items()[index]
        return type(self)(found) if isinstance(index, slice) else found

    def __setitem__(self, index: int, item: Any) -> None:
        self._put(list(self._roles)[index], item)

    def __delitem__(self, index: int | slice) -> None:
        items = self._items()
        del items[index]
        self._fill(items)

    def __contains__(self, item: object) -> bool:
        return any(item is x for x in self._items())

    def __iadd__(self, items: Iterable[Any]) -> Self:
        return self.extend(items)


class ModuleList(_Row):
    """A list whose modules are submodules.

    >>> import wengert as wg
    >>> layers = wg.nn.ModuleList([wg.nn.ReLU(), wg.nn.Tanh()])
    >>> layers += [wg.nn.Tanh()]
    >>> len(layers), layers[1]
    (3, Tanh())
    >>> layers
    ModuleList(
      (0): ReLU()
      (1-2): 2 x Tanh()
    )
    """

    def __init__(self, modules: Iterable[Module | None] | None = None) -> None:
        super().__init__(modules)

    def __add__(self, other: Iterable[Any]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """The modules; a run of equal ones is told once."""
        runs: list[tuple[int, int, str]] = []
        for n, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1] = runs[-1][0], n, text
            else:
                runs.append((n, n, text))
        lines = [
            f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in runs
        ]
        inner = "\n".join(lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {inner}\n)" if lines else f"{type(self).__name__}()"


class ParameterList(_OfParameters, _Row):
    """A list whose tensors are parameters. Other items are kept, too, and are nothing to the model.

    >>> import numpy as np, wengert as wg
    >>> [p.shape for p in wg.nn.ParameterList([wg.nn.Parameter(np.ones(2))]).parameters()]
    [(2,)]
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__(values)


class Sequential(_Row):
    """Modules in a row, each called with what the one before returned.

    args: the modules, or one OrderedDict of modules by name. ``+`` puts two of them in a row, and ``*`` one several
    times, with the same parameters.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Sequential(wg.nn.ReLU(), wg.nn.Softmax(dim=0))(np.array([0.0, -1.0]))
    array([0.5, 0.5])
    """

    def __init__(self, *args: Any) -> None:
        named = len(args) == 1 and isinstance(args[0], OrderedDict)
        super().__init__(() if named else args[0] if len(args) == 1 and isinstance(args[0], list) else args)
        if named:
            for name, module in args[0].items():
                self._put(name, module)

    def forward(self, input: Any) -> Any:
        """The modules' outputs, each the next one's input."""
        for name in self._roles:
            input = self.__dict__[name](input)
        return input

    def __getitem__(self, index: int | slice) -> Any:
        if not isinstance(index, slice):
            return self._items()[index]
        return type(self)(OrderedDict([(name, self.__dict__[name]) for name in list(self._roles)[index]]))

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *_row(other))

    def __iadd__(self, items: Any) -> Self:
        return self.extend(_row(items))

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*self._repeated(times))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        return self._fill(self._repeated(times))

    def _repeated(self, times: int) -> list[Any]:
        if index(times) <= 0:
            raise refuse(
                f"Sequential * {times} was computed", "Modules are called at least once.", "Multiply by 1 or more."
            )
        return self._items() * times


def _row(other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        raise refuse(
            f"a Sequential and a {type(other).__name__} were added",
            "Modules are put in a row with others that are in one.",
            "Write nn.Sequential(*modules), or use extend.",
        )
    return other


# --- by name ----------------------------------------------------------------------------------------------------


class _Named(_Container):
    """What dicts of modules and of parameters share."""

    def __init__(self, items: Any = None) -> None:
        super().__init__()
        if items is not None:
            self.update(items)

    def update(self, items: Any) -> None:
        """Take in items by name: a mapping, another such container, or pairs."""
        given = items if isinstance(items, Iterable) else _not_pairs(self, items)
        pairs = given.items() if isinstance(given, Mapping | _Named) else given
        for name, item in list(pairs):
            self[name] = item

    def keys(self) -> list[str]:
        """The names."""
        return list(self._roles)

    def values(self) -> list[Any]:
        """The items."""
        return self._items()

    def items(self) -> list[tuple[str, Any]]:
        """Names and items."""
        return [(name, self.__dict__[name]) for name in self._roles]

    def pop(self, key: str) -> Any:
        """Take an item out."""
        item = self[key]
        del self[key]
        return item

    def clear(self) -> None:
        """Take all items out."""
        self._clear()

    def __getitem__(self, key: str) -> Any:
        if key not in self._roles:
            raise KeyError(key)
        return self.__dict__[key]

    def __setitem__(self, key: str, item: Any) -> None:
        self._put(key, item)

    def __delitem__(self, key: str) -> None:
        if key not in self._roles:
            raise KeyError(key)
        delattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: object) -> bool:
        return key in self._roles


def _not_pairs(container: _Named, items: Any) -> Any:
    raise WrongKind(
        explain(
            f"{type(container).__name__}.update got a {type(items).__name__} at {user_line()}.",
            "It takes items with their names.",
            "Give a dict, or a list of pairs (name, item).",
        )
    )


class ModuleDict(_Named):
    """A dict whose modules are submodules.

    >>> import wengert as wg
    >>> wg.nn.ModuleDict({"act": wg.nn.Tanh()})["act"](0.0)
    np.float64(0.0)
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__(modules)


class ParameterDict(_OfParameters, _Named):
    """A dict whose tensors are parameters. Other items are kept, too, and are nothing to the model.

    >>> import numpy as np, wengert as wg
    >>> list(wg.nn.ParameterDict({"w": wg.nn.Parameter(np.ones(2))}).state_dict())
    ['w']
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__(parameters)

    def get(self, key: str, default: Any = None) -> Any:
        """The item of a name, or the default if there is none."""
        return self.__dict__[key] if key in self._roles else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The item of a name, which becomes the default if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def popitem(self) -> tuple[str, Any]:
        """Take the last item out; returns its name, too."""
        key = self.keys()[-1]
        return key, self.pop(key)

    def copy(self) -> ParameterDict:
        """Another dict with the same items."""
        return ParameterDict(self)

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A dict with the same item under each of the names."""
        return ParameterDict([(key, default) for key in keys])

    def __reversed__(self) -> Iterator[str]:
        return reversed(self.keys())

    def __or__(self, other: Any) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other: Any) -> ParameterDict:
        return ParameterDict(other) | self

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self
