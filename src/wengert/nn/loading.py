"""Loading a `state_dict` into a module: everything is checked before anything is written.

visit the modules ──▶ names and shapes that are wrong, and writes ──▶ raise, or write and call the hooks

A module only notes its writes, so that a subclass may have a part in the loading and still all or nothing is loaded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from wengert.autograd import no_grad
from wengert.core.apply import read
from wengert.errors import explain, user_line
from wengert.nn.hooks import Hook
from wengert.nn.parameter import Parameter
from wengert.nn.refusals import Unfitting, WrongKind

__all__ = ["EXTRA", "Loaded", "load", "take"]

EXTRA = "_extra_state"
_ASSIGN, _WRITES = "assign_to_params_buffers", "writes"  # entries of `local_metadata`; the first is PyTorch's


class Loaded(NamedTuple):
    """What did not match: names the module has and the state has not, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load(module: Any, state_dict: Mapping[str, Any], strict: bool, assign: bool) -> Loaded:
    """Put the numbers of a state into a module's parameters and buffers; all of them, or none."""
    if not isinstance(state_dict, Mapping):
        raise WrongKind(
            explain(
                f"{type(module).__name__}.load_state_dict got a {type(state_dict).__name__} at {user_line()}.",
                "A state is a dict of tensors by name.",
                "Give what state_dict() returned.",
            )
        )
    result, wrong, writes = Loaded([], []), list[str](), list[Callable[[], Any]]()
    versions = getattr(state_dict, "_metadata", {})  # PyTorch's states have them

    def visit(part: Any, state: Any, prefix: str) -> None:
        metadata = {**versions.get(prefix[:-1], {}), _ASSIGN: assign, _WRITES: writes}
        part._load_from_state_dict(state, prefix, metadata, True, *result, wrong)
        for name, child in part._held("module"):
            below = f"{prefix}{name}."
            visit(child, OrderedDict((key, x) for key, x in state.items() if key.startswith(below)), below)

    visit(module, OrderedDict(state_dict), "")
    hooks = list(_afterwards(module))
    if wrong or (strict and not hooks and any(result)):
        raise _unfitting(module, result if strict else Loaded([], []), wrong)
    in_doubt = strict and any(result)
    before = [(x, np.array(read(x))) for x in _tensors(module)] if in_doubt else []
    with no_grad():
        for write in writes:
            write()
    for part, hook in hooks:  # they may forgive what is missing
        if hook(part, result) is not None:
            raise Unfitting(
                explain(
                    f"a hook after {type(part).__name__}.load_state_dict at {user_line()} returned something.",
                    "Nobody takes what it returns.",
                    "Change the lists missing_keys and unexpected_keys in place, and return None.",
                )
            )
    if strict and any(result):
        with no_grad():
            for x, numbers in before:
                x[...] = numbers
        raise _unfitting(module, result, wrong)
    return result


def _tensors(module: Any) -> list[Any]:
    return [*module.parameters(), *module.buffers()]


def _afterwards(module: Any) -> Iterator[tuple[Any, Hook]]:
    """The hooks that are called after loading, with their modules, the innermost first."""
    for _, child in module._held("module"):
        yield from _afterwards(child)
    for hook in module._hooks_of("load after"):
        yield module, hook


def take(
    module: Any,
    state: Mapping[str, Any],
    prefix: str,
    metadata: Mapping[str, Any],
    strict: bool,
    missing: list[str],
    unexpected: list[str],
    wrong: list[str],
) -> None:
    """Look up what one module itself holds, and note what is wrong, or how it is to be written.

    Who has no list of such writes, a subclass that calls this with metadata of its own, has them done at once.
    """
    writes: list[Callable[[], Any]] = []
    own = dict(module._held("parameter", "frozen", "buffer"))
    for name, x in own.items():
        key = prefix + name
        if key in state:
            fault = _fault(key, x, state[key])
            wrong += fault
            if not fault:
                writes.append(partial(_assign if metadata.get(_ASSIGN) else _copy, module, name, state[key]))
        elif strict:
            missing.append(key)
    extra = prefix + EXTRA
    if module._has_own("set_extra_state"):
        if extra in state:
            writes.append(partial(module.set_extra_state, state[extra]))
        elif strict:
            missing.append(extra)
    elif strict and extra in state:
        unexpected.append(extra)
    if strict:
        modules = {name for name, role in module._roles.items() if role == "module"}
        unexpected += [
            key
            for key in state
            if key.startswith(prefix) and key != extra and not _is_known(key[len(prefix) :], own, modules)
        ]
    if _WRITES in metadata:
        metadata[_WRITES].extend(writes)
    else:
        for write in writes:
            write()


def _is_known(name: str, own: Mapping[str, Any], modules: set[str]) -> bool:
    first, dot, _ = name.partition(".")
    return first in modules if dot else first in own


def _fault(key: str, x: Any, value: Any) -> list[str]:
    """What keeps a value from becoming that of a tensor, said as PyTorch says it."""
    new = np.asarray(_plain(value))
    if new.dtype.kind not in "biufc":
        return [f"{key} is a value of type {type(value).__name__}, not numbers."]
    if new.shape != x.shape:
        shapes = f"a param with shape {new.shape} from checkpoint, the shape in current model is {x.shape}"
        return [f"size mismatch for {key}: copying {shapes}."]
    if new.dtype.kind == "c" != x.dtype.kind:
        return [f"{key} is complex in the checkpoint, and {x.dtype} in current model."]
    return []


def _copy(module: Any, name: str, value: Any) -> None:
    with no_grad():
        getattr(module, name)[...] = np.asarray(_plain(value))


def _assign(module: Any, name: str, value: Any) -> None:
    """Let a tensor of the state itself be the module's."""
    old = getattr(module, name)
    if module._roles[name] in ("parameter", "frozen"):
        kept = isinstance(value, Parameter)
        value = value.requires_grad_(old.requires_grad) if kept else Parameter(value, old.requires_grad)
    setattr(module, name, value)


def _plain(x: Any) -> Any:
    """The numbers of a tensor; an array as it is."""
    return read(x.detach()) if hasattr(x, "detach") else x


def _unfitting(module: Any, names: Loaded, wrong: list[str]) -> Unfitting:
    told = [
        f"{what} key(s) in state_dict: {', '.join(map(_quoted, keys))}."
        for what, keys in zip(("Missing", "Unexpected"), names, strict=True)
        if keys
    ]
    rest = "." if wrong else ", or load what fits: load_state_dict(state, strict=False)."
    return Unfitting(
        explain(
            f"{type(module).__name__}.load_state_dict at {user_line()}: {' '.join([*told, *wrong])}",
            "The state belongs to a model of another architecture; nothing was loaded.",
            f"Build the model as it was when it was saved{rest}",
        )
    )


def _quoted(key: str) -> str:
    return f'"{key}"'
