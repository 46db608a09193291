"""A module as a tree: its parameters are the leaves, and the skeleton is everything else.

    Sequential(0: Linear(w, b), 1: Tanh(), 2: Linear(w', b'))   ⇄   [w, b, w', b']  and  the skeleton

The parameters of all modules within are the children of the outermost one, so that one that several modules hold
(tied weights) is one leaf, with one gradient. Frozen parameters and buffers are part of the skeleton, by identity:
gradients do not reach them, and a layer that writes its running statistics writes those of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["Skeleton", "flatten", "unflatten"]


class Skeleton:
    """A module without its trained parameters; compares by value."""

    __slots__ = ("attributes", "cls", "slots")

    def __init__(self, cls: type, attributes: dict[str, Any], slots: dict[str, Any]) -> None:
        self.cls = cls
        self.attributes = attributes  # what every copy shares
        self.slots = slots  # the number of a leaf, or another skeleton, by the name that holds it

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Skeleton)
            and self.cls is other.cls
            and self.slots == other.slots
            and self.attributes.keys() == other.attributes.keys()
            and all([_same(x, other.attributes[name]) for name, x in self.attributes.items()])
        )

    def __hash__(self) -> int:
        return hash((self.cls, tuple(self.slots)))


_PLAIN = (bool, int, float, complex, str, bytes)


def _same(x: Any, y: Any) -> bool:
    """Whether two attributes say the same; objects of unknown classes, arrays among them, are what they are."""
    if x is y:
        return True
    if type(x) is not type(y):
        return False
    if isinstance(x, _PLAIN):
        return bool(x == y)
    if isinstance(x, tuple | list):
        return len(x) == len(y) and all(_same(a, b) for a, b in zip(x, y, strict=True))
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(_same(a, y[key]) for key, a in x.items())
    return False


def flatten(module: Any) -> tuple[Sequence[Any], Skeleton]:
    """The trained parameters of a module and of all within, each once, and the rest."""
    leaves: list[Any] = []
    return leaves, _strip(module, leaves, {}, {})


# Which parameters are one is known by their identity at first. Once they are leaves of a tree, it is known by their
# places there, `_places`: two gradients may be one array, and still belong to two parameters.


def _strip(module: Any, leaves: list[Any], places: dict[Any, int], known: dict[int, Skeleton]) -> Skeleton:
    if id(module) in known:
        return known[id(module)]
    attributes, slots = dict(module.__dict__), dict[str, Any]()
    known[id(module)] = made = Skeleton(type(module), attributes, slots)
    own = attributes.pop("_places", {})
    for name, role in module._roles.items():
        value = attributes[name]
        if value is None:
            continue
        if role == "module":
            slots[name] = _strip(value, leaves, places, known)
        elif role == "parameter":
            which = own.get(name, id(value))
            if which not in places:
                places[which] = len(leaves)
                leaves.append(value)
            slots[name] = places[which]
        else:
            continue
        del attributes[name]
    attributes["_roles"] = dict(module._roles)
    return made


def unflatten(skeleton: Any, leaves: Sequence[Any]) -> Any:
    """The module of this skeleton with these parameters, whatever they are."""
    return _clothe(skeleton, leaves, object(), {})


def _clothe(skeleton: Skeleton, leaves: Sequence[Any], tree: object, known: dict[int, Any]) -> Any:
    if id(skeleton) in known:
        return known[id(skeleton)]
    module: Any = object.__new__(skeleton.cls)
    known[id(skeleton)] = module
    module.__dict__.update(skeleton.attributes)
    module.__dict__["_roles"] = dict(skeleton.attributes["_roles"])
    for name, slot in skeleton.slots.items():
        part = isinstance(slot, Skeleton)
        module.__dict__[name] = _clothe(slot, leaves, tree, known) if part else leaves[slot]
    module.__dict__["_places"] = {n: (tree, k) for n, k in skeleton.slots.items() if isinstance(k, int)}
    return module
