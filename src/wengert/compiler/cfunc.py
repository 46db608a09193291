"""wg.cfunc: a compiled function as a C function pointer, for libraries that call back.

A signature says how the caller hands over its numbers; the forms are those of `scipy.LowLevelCallable`:

    double(double, ...)                            f(x, ...)            quad, root_scalar, ctypes, Numba
    double(int, double*)                           f(x, ...) or f(xs)   nquad, quad with arguments
    int(double*, intptr_t, double*)                f(window) -> number  ndimage.generic_filter
    int(double*, intptr_t, double*, intptr_t)      f(line) -> line      ndimage.generic_filter1d
    int(intptr_t*, double*, int, int)              f(place) -> place    ndimage.geometric_transform

each with or without a last void*, the user's data, which is ignored.
"""

from __future__ import annotations

import ctypes
import importlib
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.compiler import cache
from wengert.compiler.centry import Kernel, kernel, table
from wengert.compiler.closed import Closed, closed
from wengert.compiler.emit.module import ModuleText
from wengert.compiler.library import Library
from wengert.compiler.target import target
from wengert.errors import InvalidArgument, MissingDependency, explain, user_line

__all__ = ["CFunction", "cfunc"]

_STACK = 1 << 16
"""A callback has no memory of its own but the stack; of that it takes at most so many bytes."""

_CTYPES: dict[str, Any] = {
    "double": ctypes.c_double,
    "int": ctypes.c_int,
    "intptr_t": ctypes.c_ssize_t,
    "double*": ctypes.POINTER(ctypes.c_double),
    "intptr_t*": ctypes.POINTER(ctypes.c_ssize_t),
    "void*": ctypes.c_void_p,
}
_LLVM = {"double": "double", "int": "i32", "intptr_t": "i64"}
_SYNONYMS = {"npy_intp": "intptr_t", "ssize_t": "intptr_t", "Py_ssize_t": "intptr_t"}


@dataclass(frozen=True)
class CFunction:
    """A function pointer, and the machine code behind it, which lives as long as this object.

    address: the pointer as a number. signature: what it is a pointer to.
    """

    address: int
    signature: str
    _library: Library

    @property
    def ctypes(self) -> Any:
        """The function for ctypes and Numba. It keeps the code loaded."""
        returns, arguments = _parsed(self.signature)
        call: Any = ctypes.CFUNCTYPE(_CTYPES[returns], *[_CTYPES[a] for a in arguments])(self.address)
        call._library = self._library
        return call

    @property
    def low_level_callable(self) -> Any:
        """The function as a `scipy.LowLevelCallable`.

        Raises:
            MissingDependency: SciPy is not installed.
        """
        try:
            scipy = importlib.import_module("scipy")
        except ImportError as error:
            raise MissingDependency(
                explain(
                    "A scipy.LowLevelCallable was asked for, and SciPy is not installed.",
                    "It is a class of SciPy's.",
                    "pip install 'wengert[scipy]'",
                )
            ) from error
        return scipy.LowLevelCallable(self.ctypes)

    def __call__(self, *args: Any) -> Any:
        """Call it, through ctypes."""
        return self.ctypes(*args)


def cfunc(f: Callable[..., Any], signature: str | None = None, *, n: int | None = None) -> CFunction:
    """The C function pointer of `f`: compiled, without Python, for libraries that call it back.

    signature: one of the forms above; by default ``double(double, ...)`` with as many numbers as `f` has parameters.
    n: how many numbers `f` takes as one array, where the signature has a pointer to them; with ``double(int, double*)``
    it may be left out, then the numbers are the parameters of `f`. A call with another count gives NaN (or the code for
    failure). Closed-over arrays and tensors become constants.

    Raises `InvalidArgument` for a signature that is not known, or a result of another size, and `MissingRule` where a
    part of `f` has no native form.

    >>> import numpy as np, wengert as wg
    >>> area = wg.cfunc(lambda x: np.exp(-x * x))
    >>> area.address != 0, area.signature, area(0.0)
    (True, 'double(double)', 1.0)
    """
    if signature is None:
        signature = f"double({', '.join(['double'] * _parameters(f))})"
    returns, arguments = _parsed(signature)
    form = tuple(arguments[:-1] if arguments[-1:] == ["void*"] else arguments)
    call = _form(f, returns, form, signature, n)
    text = ModuleText(target(), alone=True)
    k = kernel(text, "callback", call.made.program)
    text.functions.append(_function(k, returns, arguments, call))
    library = cache.native(text.text, ["callback"])
    return CFunction(library.address("callback"), f"{returns}({', '.join(arguments)})", library)


class _Call(NamedTuple):
    """How a kernel gets what the caller hands over (%p0, %p1, ...).

    lines: what comes before. inputs, output: addresses. checks: counts that the caller gives, and what they must be.
    """

    made: Closed
    lines: list[str]
    inputs: list[str]
    output: str
    checks: list[tuple[str, int]]


def _form(f: Callable[..., Any], returns: str, form: tuple[str, ...], signature: str, n: int | None) -> _Call:
    if returns == "double" and set(form) == {"double"}:
        made = _made(f, [np.float64(1)] * len(form), 1)
        places = [f"%in{k}" for k in range(len(form))]
        lines = [f"{x} = alloca double, align 8\n  store double %p{k}, ptr {x}, align 8" for k, x in enumerate(places)]
        return _Call(made, lines, places, "%out", [])
    if returns == "double" and form == ("int", "double*"):
        count = _parameters(f) if n is None else n
        made = _made(f, [np.float64(1)] * count if n is None else [np.ones(n)], 1)
        places = [f"%in{k}" for k in range(len(made.inputs))]
        lines = [f"{x} = getelementptr double, ptr %p1, i64 {k}" for k, x in enumerate(places)]
        return _Call(made, lines, places, "%out", [("i32 %p0", count)])
    if returns == "int" and form == ("double*", "intptr_t", "double*"):
        made = _made(f, [np.ones(_given(n, signature))], 1)
        return _Call(made, [], ["%p0"], "%p2", [("i64 %p1", _given(n, signature))])
    if returns == "int" and form == ("double*", "intptr_t", "double*", "intptr_t"):
        made = _made(f, [np.ones(_given(n, signature))], None)
        counts = [("i64 %p1", _given(n, signature)), ("i64 %p3", made.outputs[0].size)]
        return _Call(made, [], ["%p0"], "%p2", counts)
    if returns == "int" and form == ("intptr_t*", "double*", "int", "int"):
        made = _made(f, [np.zeros(_given(n, signature), np.int64)], None)
        counts = [("i32 %p2", _given(n, signature)), ("i32 %p3", made.outputs[0].size)]
        return _Call(made, [], ["%p0"], "%p1", counts)
    raise _unknown(signature)


def _made(f: Callable[..., Any], examples: Sequence[Any], size: int | None) -> Closed:
    """The program of f, with its results as one array of float64. size: of the result, None if any will do."""

    def flat(*args: Any) -> Any:
        parts = [np.ravel(np.multiply(x, np.float64(1))) for x in tree.leaves(f(*args))]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    name = getattr(f, "__name__", type(f).__name__)
    made = closed(flat, examples, name)
    if size is not None and made.outputs[0].size != size:
        raise _wrong(
            f"{name}, whose result has {made.outputs[0].size} numbers",
            "A function of this signature returns one number.",
            "Return one number, or choose another signature.",
        )
    return made


_FUNCTION = """\
define {type} @callback({parameters}) {{
{checks}
run:
  %out = alloca double, align 8
  %arena = alloca [{arena} x i8], align 64
  {lines}
  %status = call i32 {kernel}(ptr %table)
  %done = icmp eq i32 %status, 0
  br i1 %done, label %right, label %wrong

right:
{right}

wrong:
  ret {wrong}
}}"""


def _function(k: Kernel, returns: str, arguments: Sequence[str], call: _Call) -> str:
    """The function that takes what the caller hands over apart, and calls the kernel."""
    if k.arena > _STACK:
        raise _wrong(
            f"a function that needs {k.arena} bytes for intermediate results",
            f"A callback keeps them on the stack, and takes at most {_STACK} bytes of it.",
            "Make its arrays smaller, or use wg.export, whose functions are given a workspace.",
        )
    parameters = ", ".join([f"{_LLVM.get(a, 'ptr')} %p{n}" for n, a in enumerate(arguments)])
    tests = []
    for n, (value, count) in enumerate(call.checks):
        label = f"check{n + 1}" if n + 1 < len(call.checks) else "run"
        tests.append(f"  %ok{n} = icmp eq {value}, {count}\n  br i1 %ok{n}, label %{label}, label %wrong\n")
        if label != "run":
            tests.append(f"{label}:")
    right = "  %value = load double, ptr %out, align 8\n  ret double %value" if returns == "double" else "  ret i32 1"
    return _FUNCTION.format(
        type=_LLVM[returns],
        parameters=parameters,
        checks="\n".join(tests) if tests else "  br label %run\n",
        arena=max(k.arena, 1),
        lines="\n  ".join([*call.lines, *table(k, [*call.inputs, call.output], "%arena")]),
        kernel=k.symbol,
        right=right,
        wrong="double 0x7FF8000000000000" if returns == "double" else "i32 0",
    )


def _parsed(signature: str) -> tuple[str, list[str]]:
    """The type that a signature returns and those that it takes, in our spelling."""
    found = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", signature)
    if not found:
        raise _unknown(signature)
    names = [re.sub(r"\s+", "", re.sub(r"\bconst\b", "", a)) for a in found[2].split(",")]
    names = [re.sub(r"^\w+", lambda m: _SYNONYMS.get(m[0], m[0]), a) for a in names if a]
    if found[1] not in ("double", "int") or not all([a in _CTYPES for a in names]):
        raise _unknown(signature)
    return found[1], names


def _parameters(f: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # a ufunc, or something else written in C
        return int(getattr(f, "nin", 1))
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    if not places:
        raise _wrong("a function without parameters", "It would be a constant.", "Give it a parameter.")
    return len(places)


def _given(n: int | None, signature: str) -> int:
    if n is None:
        raise _wrong(
            f"the signature {signature} without n",
            "Compiled code has fixed sizes, and this one has a pointer to several numbers.",
            "Say how many: wg.cfunc(f, signature, n=9).",
        )
    return n


def _unknown(signature: str) -> InvalidArgument:
    return _wrong(
        f"the signature {signature!r}",
        "Known are double(double, ...), double(int, double*), int(double*, intptr_t, double*), int(double*, intptr_t, "
        "double*, intptr_t) and int(intptr_t*, double*, int, int), each with or without a last void*.",
        "Use one of them.",
    )


def _wrong(what: str, why: str, instead: str) -> InvalidArgument:
    return InvalidArgument(explain(f"cfunc at {user_line()} got {what}.", why, instead))
