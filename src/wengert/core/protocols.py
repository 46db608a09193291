"""NumPy's dispatch protocols, and the table of spellings that they look up.

`SPELLINGS` maps a NumPy function (also ``operator.getitem`` and the like) to ours of the same signature. The
keyword arguments that every function shares (``out=``, ``where=``, ``dtype=``) are handled here, once.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from wengert import tree
from wengert.core.apply import Box, apply, unbridge
from wengert.core.gufunc import calls_python, on_axes, on_entries, per_entry
from wengert.core.op import TABLE, called, joint
from wengert.core.twins import check_twin
from wengert.errors import (
    InvalidArgument,
    LostGradient,
    MissingRule,
    NotDifferentiable,
    TracedValue,
    explain,
    user_line,
)
from wengert.spec import normal_axis

__all__ = [
    "BY_NAME",
    "BY_PATH",
    "LATE",
    "METHODS",
    "SPELLINGS",
    "astype",
    "call",
    "fitted",
    "function",
    "method",
    "numpy_keywords",
    "spell",
    "ufunc",
]

Function = Callable[..., Any]

SPELLINGS: dict[Any, Function] = {}

# Rows for ufuncs of packages that are not imported before somebody uses them, by the ufunc's name.
BY_NAME: dict[str, Function] = {}

# Spellings by the functions' full names: of modules that NumPy imports late, and of functions that have no result.
BY_PATH: dict[str, Function] = {}

# Modules with more such rows, imported when a ufunc is met that has none so far.
LATE: list[str] = []

# Ufunc methods with a function of their own: (ufunc, "reduce") -> np.sum's spelling, and so on.
METHODS: dict[tuple[Any, str], Function] = {}


def spell(*functions: Any) -> Callable[[Function], Function]:
    """Decorator: this is what the given NumPy functions mean on boxes."""

    def enter(ours: Function) -> Function:
        for f in functions:
            SPELLINGS[f] = ours
        return ours

    return enter


def call(f: Any, *args: Any, **kwargs: Any) -> Any:
    """Call our spelling of a NumPy function, with `out=` understood."""
    out = kwargs.pop("out", None)
    result = SPELLINGS[f](*args, **kwargs)
    return result if out is None else deliver(result, out, getattr(f, "__name__", "the function"))


def numpy_keywords(kwargs: dict[str, Any]) -> dict[str, Any]:
    """PyTorch's ``dim=``, ``keepdim=``, ``dim1=`` and ``dim2=`` under NumPy's names."""
    for theirs, name in (("dim", "axis"), ("keepdim", "keepdims"), ("dim1", "axis1"), ("dim2", "axis2")):
        if theirs in kwargs:
            kwargs[name] = kwargs.pop(theirs)
    return kwargs


def method(name: str) -> Function:
    """The method of this name: the NumPy function with the array in front; ``dim=`` reads ``axis=``."""
    f = getattr(np, name)

    def bound(self: Any, *args: Any, **kwargs: Any) -> Any:
        return call(f, self, *args, **numpy_keywords(kwargs))

    return functools.update_wrapper(bound, f, assigned=("__name__", "__doc__"), updated=())


# What NumPy's own functions pass on for an argument that they were not given.
_NOT_GIVEN: Any = np._NoValue


# --- __array_function__ -----------------------------------------------------------------------------------


def function(f: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a NumPy function means when a box is among its arguments."""
    if any([x is _NOT_GIVEN for x in kwargs.values()]):
        kwargs = {name: x for name, x in kwargs.items() if x is not _NOT_GIVEN}
    if f not in SPELLINGS and (path := f"{f.__module__}.{f.__name__}") in BY_PATH:
        SPELLINGS[f] = BY_PATH[path]
    if f in SPELLINGS:
        try:
            return call(f, *args, **kwargs)
        except TracedValue:
            if f.__name__ in _BY_VALUES and _only_recorded(tree.leaves((list(args), dict(kwargs)))):
                return unruled(f, args, kwargs)
            raise
    leaves, structure = tree.flatten((list(args), dict(kwargs)))
    if any(isinstance(x, Box) and x.tracked for x in leaves):
        if _only_recorded(leaves):
            return unruled(f, args, kwargs)
        raise missing(f"np.{f.__name__}" if not f.__module__.startswith("numpy.") else f"{f.__module__}.{f.__name__}")
    bare = [x.plain(f.__name__) if isinstance(x, Box) else x for x in leaves]
    plain_args, plain_kwargs = structure.unflatten(bare)
    return f(*plain_args, **plain_kwargs)


# The numbers decide what these give, so that a trace that nobody differentiates records a call of NumPy's.
_BY_VALUES = frozenset(
    "unique unique_all unique_counts unique_inverse unique_values union1d intersect1d setdiff1d setxor1d trim_zeros "
    "roots histogram histogram2d histogramdd histogram_bin_edges bincount".split()
)


def _only_recorded(leaves: Sequence[Any]) -> bool:
    """Whether nobody asks for a derivative: the boxes among these are symbols below the tape."""
    return all([x.level < 0 or (x.level == 0 and not x.tracked) for x in leaves if isinstance(x, Box)])


def unruled(f: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Record a call of a function without a rule: it runs as it is, as long as nobody wants its derivative."""
    leaves, structure = tree.flatten((list(args), dict(kwargs)))
    places = [n for n, x in enumerate(leaves) if isinstance(x, Box)]
    fixed = [None if isinstance(x, Box) else x for x in leaves]
    nests: list[tree.Structure] = []
    shapes: list[Any] = []

    def run(*values: Any) -> tuple[Any, ...]:
        full = list(fixed)
        for n, x in zip(places, values, strict=True):
            full[n] = x
        inner_args, inner_kwargs = structure.unflatten(full)
        outs, nest = tree.flatten(f(*inner_args, **inner_kwargs))
        results = tuple([np.asarray(o)[()] for o in outs])
        found = [o.shape for o in results]
        if not nests:
            nests.append(nest)
            shapes.extend(found)
        elif found != shapes:
            raise _of_another_shape(f.__name__, shapes, found)
        return results

    def refuse(*rest: Any) -> Any:
        raise missing(f.__name__)

    outs = joint(run, **called(f.__name__), vjp=refuse, jvp=refuse)(*[leaves[n] for n in places])
    return nests[0].unflatten(outs)


def _of_another_shape(name: str, recorded: Any, found: Any) -> InvalidArgument:
    return InvalidArgument(
        explain(
            f"{name} gave results of shapes {found}; when it was traced they were {recorded}.",
            "The shapes of its results depend on values, and a program has fixed shapes.",
            f"Call {name} outside of the compiled function.",
        )
    )


def missing(name: str) -> MissingRule:
    """The error for a function that the table of spellings does not have."""
    return MissingRule(
        explain(
            f"{name} was called on a tracked array at {user_line()}, and wengert has no rule for it.",
            "Computing it on the bare numbers would lose the gradient.",
            "Write it with other NumPy functions, or give a rule: wg.custom(f, vjp=...).",
        )
    )


def deliver(result: Any, out: Any, name: str) -> Any:
    """Put a result where `out=` says."""
    if isinstance(out, tuple):
        if len(out) == 1:
            return deliver(result, out[0], name)
        return tuple(r if o is None else deliver(r, o, name) for r, o in zip(result, out, strict=True))
    if isinstance(out, Box):
        out.assign(result)
    elif out.dtype == object and isinstance(result, Box):
        out[...] = per_entry(result)
    elif isinstance(result, Box) and result.tracked:
        raise LostGradient(
            explain(
                f"{name} at {user_line()} would store a tracked result in a plain {out.dtype} array "
                "(out=, or an in-place operator such as y += x) and drop its gradient.",
                "The array was made by plain NumPy, which cannot tell us who else looks at it.",
                "Write y = y + x, or make the array with np.zeros(n, like=x) or wg.zeros(n).",
            )
        )
    else:
        out[...] = result.plain(name) if isinstance(result, Box) else result
    return out


# --- __array_ufunc__ --------------------------------------------------------------------------------------


def ufunc(f: Any, how: str, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What a ufunc, or one of its methods, means when a box is among its arguments."""
    if f not in SPELLINGS:
        _look_up(f)
        if f not in SPELLINGS and calls_python(f):
            return on_entries(f, how, inputs, kwargs)
    if not kwargs and how == "__call__" and f in SPELLINGS:
        return SPELLINGS[f](*inputs)
    out = kwargs.pop("out", None)
    if how == "at":
        return _at(f, *inputs)
    if how != "__call__":
        return _finish(_METHODS[how](f, *inputs, **kwargs), out, True, f.__name__)
    where, dtype = kwargs.pop("where", True), kwargs.pop("dtype", None)
    casting = kwargs.pop("casting", "same_kind")
    if f.signature and {"axes", "axis", "keepdims"} & set(kwargs) and f in SPELLINGS:
        named = [kwargs.pop(name, None) for name in ("axes", "axis", "keepdims")]
        run = functools.partial(ufunc, f, how, kwargs={**kwargs, "dtype": dtype, "casting": casting})
        return _finish(on_axes(lambda *xs: run(xs), inputs, *named), out, where, f.__name__)
    if set(kwargs) - {"order", "subok"}:
        raise InvalidArgument(
            explain(
                f"np.{f.__name__} at {user_line()} got {', '.join(kwargs)}.",
                "These keywords choose a low-level loop, which has no meaning for tensors.",
                "Leave them out; dtype=, out= and where= are understood.",
            )
        )
    if f not in SPELLINGS:
        return _finish(_untracked(f, inputs), out, where, f.__name__)
    if dtype is not None:
        inputs = [astype(x, dtype, casting=casting) for x in inputs]
    with np.errstate(all=None if where is True else "ignore"):
        return _finish(SPELLINGS[f](*inputs), out, where, f.__name__)


def _look_up(f: Any) -> None:
    """Enter the row that the ufunc's name has, if there is one."""
    while f.__name__ not in BY_NAME and LATE:
        importlib.import_module(LATE.pop())
    if f.__name__ in BY_NAME:
        SPELLINGS[f] = BY_NAME[f.__name__]


def _untracked(f: Any, inputs: Sequence[Any]) -> Any:
    tracked = [x for x in inputs if isinstance(x, Box) and x.tracked]
    if tracked:
        if _only_recorded(inputs):
            return unruled(f, inputs, {})
        check_twin(tracked[0])  # a ufunc that SciPy keeps to itself
        raise missing(f"{'np' if getattr(np, f.__name__, None) is f else 'scipy.special'}.{f.__name__}")
    return f(*[x.plain(f.__name__) if isinstance(x, Box) else x for x in inputs])


def _finish(result: Any, out: Any, where: Any, name: str) -> Any:
    if where is not True:
        if isinstance(result, tuple):
            outs = out or (None,) * len(result)
            return tuple(_finish(r, o and (o,), where, name) for r, o in zip(result, outs, strict=True))
        # NumPy leaves the other entries as they are in `out`, and undefined without it.
        base = np.zeros(result.shape, result.dtype) if out is None else out[0]
        result = call(np.where, where, result, base)
    return result if out is None else deliver(result, out, f"np.{name}")


def _reduce(
    f: Any, x: Any, axis: Any = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    if (f, "reduce") in METHODS:
        extra = {} if where is True else {"where": where}
        if initial is not None:
            extra["initial"] = initial
        if dtype is not None:
            x = astype(x, dtype)
        return METHODS[f, "reduce"](x, axis=axis, keepdims=keepdims, **extra)
    if isinstance(axis, tuple) or axis is None:
        axes = sorted(range(x.ndim) if axis is None else [normal_axis(a, x.ndim) for a in axis], reverse=True)
        for a in axes:
            x = _reduce(f, x, a, dtype, keepdims, None, where)
        return x if initial is None else call(f, x, initial)
    if where is not True:
        x = call(np.where, where, x, f.identity if f.identity is not None else initial)
    rows = call(np.moveaxis, x, axis, 0)
    total = functools.reduce(lambda a, b: call(f, a, b), rows if initial is None else [initial, *rows])
    return call(np.expand_dims, total, axis) if keepdims else total


def _accumulate(f: Any, x: Any, axis: int = 0, dtype: Any = None) -> Any:
    if dtype is not None:
        x = astype(x, dtype)
    if (f, "accumulate") in METHODS:
        return METHODS[f, "accumulate"](x, axis=axis)
    rows = list(call(np.moveaxis, x, axis, 0))
    for n in range(1, len(rows)):
        rows[n] = call(f, rows[n - 1], rows[n])
    return call(np.moveaxis, call(np.stack, rows), 0, axis) if rows else x


def _reduceat(f: Any, x: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    rows = call(np.moveaxis, x, axis, 0)
    ends = [*indices[1:], len(rows)]
    parts = [rows[i] if j <= i else _reduce(f, rows[i:j], 0, dtype) for i, j in zip(indices, ends, strict=True)]
    return call(np.moveaxis, call(np.stack, parts), 0, axis)


def _outer(f: Any, x: Any, y: Any, **kwargs: Any) -> Any:
    x, y = unbridge(x), unbridge(y)
    columns = call(np.reshape, x, np.shape(x) + (1,) * np.ndim(y))
    return ufunc(f, "__call__", (columns, y), kwargs)


def _at(f: Any, x: Any, indices: Any, *y: Any) -> None:
    if not isinstance(x, Box):
        raise LostGradient(
            explain(
                f"np.{f.__name__}.at at {user_line()} would add tracked values to a plain array.",
                "The array was made by plain NumPy, and would hold the numbers only.",
                "Make it with np.zeros(n, like=x) or wg.zeros(n).",
            )
        )
    if (f, "at") in METHODS:
        METHODS[f, "at"](x, indices, *y)
        return
    # One index after the other: where an index repeats, each application sees the one before.
    positions = np.arange(x.size).reshape(x.shape)[indices]
    operands = [np.broadcast_to(b, positions.shape).reshape(-1) for b in y]
    flat = call(np.copy, call(np.ravel, x))
    for n, position in enumerate(positions.ravel()):
        flat[position] = call(f, flat[position], *[b[n] for b in operands])
    x.assign(flat.reshape(x.shape))


_METHODS: dict[str, Function] = {"reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat, "outer": _outer}


# --- casting and fitting ----------------------------------------------------------------------------------


def astype(x: Any, dtype: Any, copy: bool = False, casting: str = "unsafe") -> Any:
    """`x` in another dtype; gradients flow between floating dtypes and stop at integers."""
    x = unbridge(x)
    dtype = np.dtype(dtype)
    if not isinstance(x, Box):
        return np.asarray(x).astype(dtype, casting=cast(Any, casting), copy=copy)
    have = x.dtype
    if not np.can_cast(have, dtype, casting):  # type: ignore[arg-type]
        raise TypeError(f"Cannot cast array data from {have!r} to {dtype!r} according to the rule {casting!r}")
    if have == dtype and not copy:
        return x
    if dtype.kind not in "fciub":  # objects keep their boxes; text and dates cannot
        return np.array(x, object) if dtype.kind == "O" else x.plain(f"astype({dtype})").astype(dtype)
    if have.kind == "c" and dtype.kind in "fiub":
        x = call(np.real, x)
    return apply(TABLE["astype"], (x,), {"dtype": dtype})


def fitted(value: Any, shape: tuple[int, ...], dtype: Any, casting: str) -> Any:
    """`value` broadcast and cast to what an array to be written to holds."""
    value = unbridge(value)
    tracked = isinstance(value, Box) and value.tracked
    if tracked and dtype.kind not in "fc" and value.dtype.kind in "fc":
        raise NotDifferentiable(
            explain(
                f"a tracked {value.dtype} value was written into a {dtype} array at {user_line()}.",
                "Integers and booleans have no derivative, so the gradient would be lost.",
                "Make the array with a floating dtype: np.zeros(n, like=x).",
            )
        )
    if not isinstance(value, Box):
        value = np.asarray(value)
    if value.dtype != dtype:
        value = astype(value, dtype, casting=casting)
    if value.shape != shape:
        extra = len(value.shape) - len(shape)
        if extra > 0 and all(n == 1 for n in value.shape[:extra]):
            value = value.reshape(value.shape[extra:])  # NumPy drops leading axes of length 1 here
        value = np.broadcast_to(value, shape)
    return value
