"""Modules that hold others: in a row, in a list, by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from wengert.nn.module import Module

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class _Row(Module):
    """What lists of modules and of parameters share: items under the names "0", "1" and so on."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(items)

    def _items(self) -> list[Any]:
        return [self.__dict__[name] for name in self._roles]

    def _fill(self, items: Iterable[Any]) -> Self:
        for name in list(self._roles):
            delattr(self, name)
        return self.extend(items)

    def append(self, item: Any) -> Self:
        """Add an item at the end; returns this list."""
        setattr(self, str(len(self)), item)
        return self

    def extend(self, items: Iterable[Any]) -> Self:
        """Add items at the end; returns this list."""
        for item in items:
            self.append(item)
        return self

    def insert(self, index: int, item: Any) -> None:
        """Put an item before the one of that number."""
        items = self._items()
        items.insert(index, item)
        self._fill(items)

    def pop(self, index: int = -1) -> Any:
        """Take an item out."""
        items = self._items()
        item = items.pop(index)
        self._fill(items)
        return item

    def __len__(self) -> int:
        return len(self._roles)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __getitem__(self, index: int | slice) -> Any:
        found = self._items()[index]
        return type(self)(found) if isinstance(index, slice) else found

    def __setitem__(self, index: int, item: Any) -> None:
        items = self._items()
        items[index] = item
        self._fill(items)

    def __delitem__(self, index: int | slice) -> None:
        items = self._items()
        del items[index]
        self._fill(items)

    def __contains__(self, item: object) -> bool:
        return any(item is x for x in self._items())


class ModuleList(_Row):
    """A list whose modules are submodules.

    >>> import wengert as wg
    >>> layers = wg.nn.ModuleList([wg.nn.ReLU(), wg.nn.Tanh()])
    >>> len(layers), layers[1]
    (2, Tanh())
    """


class ParameterList(_Row):
    """A list whose tensors are parameters.

    >>> import numpy as np, wengert as wg
    >>> [p.shape for p in wg.nn.ParameterList([wg.nn.Parameter(np.ones(2))]).parameters()]
    [(2,)]
    """


class Sequential(_Row):
    """Modules in a row, each called with what the one before returned.

    args: the modules, or one OrderedDict of modules by name.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.Sequential(wg.nn.ReLU(), wg.nn.Softmax(dim=0))(np.array([0.0, -1.0]))
    array([0.5, 0.5])
    """

    def __init__(self, *args: Any) -> None:
        named = len(args) == 1 and isinstance(args[0], OrderedDict)
        super().__init__(() if named else args[0] if len(args) == 1 and isinstance(args[0], list) else args)
        if named:
            for name, module in args[0].items():
                setattr(self, name, module)

    def forward(self, x: Any) -> Any:
        """The modules' outputs, each the next one's input."""
        for name in self._roles:
            x = self.__dict__[name](x)
        return x


class _Named(Module):
    """What dicts of modules and of parameters share."""

    def __init__(self, items: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(items)

    def update(self, items: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Take in items by name."""
        for name, item in dict(items).items():
            setattr(self, name, item)

    def keys(self) -> list[str]:
        """The names."""
        return list(self._roles)

    def values(self) -> list[Any]:
        """The items."""
        return [self.__dict__[name] for name in self._roles]

    def items(self) -> list[tuple[str, Any]]:
        """Names and items."""
        return [(name, self.__dict__[name]) for name in self._roles]

    def pop(self, name: str) -> Any:
        """Take an item out."""
        item = self[name]
        delattr(self, name)
        return item

    def __getitem__(self, name: str) -> Any:
        if name not in self._roles:
            raise KeyError(name)
        return self.__dict__[name]

    def __setitem__(self, name: str, item: Any) -> None:
        setattr(self, name, item)

    def __delitem__(self, name: str) -> None:
        delattr(self, name)

    def __len__(self) -> int:
        return len(self._roles)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, name: object) -> bool:
        return name in self._roles


class ModuleDict(_Named):
    """A dict whose modules are submodules.

    >>> import wengert as wg
    >>> wg.nn.ModuleDict({"act": wg.nn.Tanh()})["act"](0.0)
    np.float64(0.0)
    """


class ParameterDict(_Named):
    """A dict whose tensors are parameters.

    >>> import numpy as np, wengert as wg
    >>> list(wg.nn.ParameterDict({"w": wg.nn.Parameter(np.ones(2))}).state_dict())
    ['w']
    """
