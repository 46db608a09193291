"""adopt: strangers' code that converts with np.asarray, fills np.zeros(n) or computes with math, as it stands.

NumPy tells us of its functions but not of its converters (np.asarray) and makers (np.zeros), SciPy of its ufuncs only,
and Python's math tells nobody. In code of one's own one leaves the first out and gives the second ``like=x``; code of
others cannot be changed. While an adopted function runs, the Python modules of others see stand-ins:

    np.asarray(x), np.array([x[0], 1.0])    the tensor, or its entries stacked
    np.zeros(n), np.eye(n)                  an array that tensors may be written into
    math.sin(x[0])                          np.sin(x[0])
    scipy.linalg.expm(x)                    its twin, wengert.scipy.linalg.expm(x)
    float(x[0]), np.float64(x)              x[0], x
    isinstance(x, np.ndarray)               True

Only global names of modules written in Python and of their classes are exchanged, and only for a time. NumPy, compiled
modules and this library keep what they have: compiled code takes what np.empty gives it for an ndarray, and does not
look twice.
"""

from __future__ import annotations

import functools
import importlib
import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from wengert.core.apply import Box, unbridge
from wengert.core.array import LENDING, Array
from wengert.core.protocols import SPELLINGS
from wengert.core.twins import HOOK
from wengert.core.view import Lent

__all__ = ["BUILTINS", "adopt", "stand_in"]

Function = Callable[..., Any]
Names = dict[str, Any]


def adopt(f: Function) -> Function:
    """The function `f` of somebody else's, so that it differentiates although it converts its arguments.

    For code that calls ``np.asarray(x, dtype=float)`` and its kin, fills arrays that it makes with ``np.zeros(n)``,
    ``empty``, ``ones``, ``full`` or ``eye``, computes with `math`, says ``float(x)``, checks with ``isinstance``, or
    calls functions of SciPy that have a twin in `wengert.scipy`. Other code does not need it.

    While `f` runs, these functions are exchanged for ones that know tensors, in all modules that are written in Python,
    and so for all threads; for plain numbers, and in other threads, they are what they were. What compiled code does
    with a tensor remains what it is: `LostGradient`.

    >>> import math, numpy as np, wengert as wg
    >>> def area(sides):
    ...     a, b, c = np.asarray(sides, dtype=float)
    ...     half = np.zeros(1)
    ...     half[0] = (a + b + c) / 2
    ...     s = half[0]
    ...     return math.sqrt(s * (s - a) * (s - b) * (s - c))
    >>> wg.grad(wg.adopt(area))(np.array([3.0, 4.0, 5.0]))
    array([2. , 1.5, 0. ])
    """

    @functools.wraps(f, updated=())
    def adopted(*args: Any, **kwargs: Any) -> Any:
        with _exchanged(getattr(f, "__globals__", None)):
            return _stand_ins().get(id(f), (f, f))[1](*args, **kwargs)

    return adopted


_ADOPTED = adopt(abs).__code__


def _asked_by_strangers(frame: FrameType | None) -> bool:
    """Whether adopted code asks, and not what an op calls to compute a value."""
    while frame is not None and frame.f_code is not _ADOPTED:
        name = frame.f_globals.get("__name__", "")
        if (name.startswith("wengert.") and name != __name__) or frame.f_code is _plainly.__code__:
            return False
        frame = frame.f_back
    return frame is not None


# --- the stand-ins of functions -------------------------------------------------------------------------------


def _has_box(x: Any) -> bool:
    if isinstance(x, list | tuple):
        return any([_has_box(item) for item in x])
    return isinstance(x, Box) or (type(x) is np.ndarray and x.dtype == object and any([_has_box(i) for i in x.flat]))


def _either(theirs: Function, ours: Function) -> Function:
    """`ours` where a box is among the arguments, or in a list that is."""

    @functools.wraps(theirs, updated=())
    def choose(*args: Any, **kwargs: Any) -> Any:
        if _has_box(args) or _has_box([*kwargs.values()]):
            return ours(*args, **kwargs)
        return _plainly(theirs, args, kwargs)

    return choose


def _plainly(f: Function, args: Any, kwargs: Any) -> Any:
    """Call `f`, which has nothing to do with tensors: what it makes inside are plain arrays."""
    return f(*args, **kwargs)


def _maker(theirs: Function) -> Function:
    """np.zeros and its kin: floating-point arrays that tensors may be written into."""

    @functools.wraps(theirs, updated=())
    def make(*args: Any, **kwargs: Any) -> Any:
        made = theirs(*args, **kwargs)
        if type(made) is not np.ndarray or made.dtype.kind not in "fc" or not _asked_by_strangers(sys._getframe(1)):
            return made
        lent = Array.constant(made)
        lent.alias = Lent()
        return lent

    return make


def _checked(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """np.asarray_chkfinite, which NumPy does not tell us of."""
    a = SPELLINGS[np.asarray](a, dtype)
    if a.dtype.kind in "fc" and not np.all(np.isfinite(a)):
        raise ValueError("array must not contain infs or NaNs")
    return a


def _is_scalar(element: Any) -> bool:
    return isinstance(element, Box) and not element.shape


def _number(x: Any) -> Any:
    """An array of one entry as that entry, which `math` and float make of it."""
    x = unbridge(x)
    return np.reshape(x, ()) if isinstance(x, Box) and x.shape and x.size == 1 else x


def _of_numbers(f: Function) -> Function:
    """A function of `math`: of numbers, with a number for its result."""
    return lambda *args: f(*[_number(x) for x in args])


_ARRAY = np.empty(0)


def _isinstance(x: Any, kinds: Any) -> bool:
    """isinstance, for which a tensor is an array, and one without axes a number, as well."""
    if isinstance(x, kinds):
        return True
    return isinstance(x, Box) and isinstance(_ARRAY if x.shape else x.dtype.type(), kinds)


class _Kind(type):
    """The type of a stand-in of a type of numbers, which passes for that type itself."""

    stands_for: type

    def __instancecheck__(cls, x: Any) -> bool:
        return _isinstance(x, cls.stands_for)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, cls.stands_for)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.stands_for

    def __hash__(cls) -> int:
        return hash(cls.stands_for)


class _Float(float, metaclass=_Kind):
    """float, which leaves a tensor of one entry a tensor. NumPy takes it for a dtype."""

    stands_for = float
    dtype = np.dtype(float)

    def __new__(cls, x: Any = 0.0) -> Any:
        if not _has_box(x):
            return float(x)
        x = _number(x)
        return float(x) if x.shape else x


def _kind(kind: type[np.generic]) -> type:
    """A type of NumPy's numbers, np.float64 say, which makes a tensor of a tensor."""

    def new(cls: type, *args: Any) -> Any:
        return SPELLINGS[np.asarray](args[0], kind) if _has_box(args) else kind(*args)

    return _Kind(kind.__name__, (kind,), {"stands_for": kind, "__new__": new})


# What modules find among Python's own names, unless they have another meaning for them.
BUILTINS: Names = {"float": _Float, "isinstance": _isinstance}
_ABSENT = object()


def _log(x: Any, base: Any = None) -> Any:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _special(name: str) -> Function:
    return lambda x: getattr(importlib.import_module("wengert.special"), name)(x)


_MATH: dict[str, Function] = {
    "acos": np.arccos, "acosh": np.arccosh, "asin": np.arcsin, "asinh": np.arcsinh, "atan": np.arctan,
    "atan2": np.arctan2, "atanh": np.arctanh, "pow": np.power, "log": _log,
    "hypot": lambda *xs: np.sqrt(sum([x * x for x in xs])),
    "dist": lambda p, q: np.sqrt(sum([(x - y) ** 2 for x, y in zip(p, q, strict=True)])),
    "fsum": lambda xs: sum(xs), "prod": lambda xs: functools.reduce(lambda x, y: x * y, xs, 1),
    "erf": _special("erf"), "erfc": _special("erfc"), "gamma": _special("gamma"), "lgamma": _special("gammaln"),
    **{name: getattr(np, name) for name in (
        "cbrt copysign cos cosh degrees exp exp2 expm1 fabs fmod isclose isfinite isinf isnan log10 log1p log2 "
        "radians sin sinh sqrt tan tanh").split()},
}  # fmt: skip

_CONVERTERS = (np.asarray, np.array, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.require)
_MAKERS: tuple[Any, ...] = (np.zeros, np.ones, np.empty, np.full, np.eye, np.identity)
_KINDS: dict[Any, type] = {
    kind: _kind(kind) for kind in (np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128)
}


# --- the stand-ins of modules ---------------------------------------------------------------------------------


class _StandIn(ModuleType):
    """A module with some of its functions exchanged."""

    def __init__(self, module: ModuleType, exchanged: Names) -> None:
        super().__init__(module.__name__)
        vars(self).update(vars(module), **exchanged)
        vars(self)["_stood_in_for"] = module

    def __getattr__(self, name: str) -> Any:  # what the module loads when it is asked
        found = getattr(vars(self)["_stood_in_for"], name)
        return _stand_ins().get(id(found), (found, found))[1]


# By the identity of a function or module, itself and what stands in for it.
StandIns = Mapping[int, tuple[Any, Any]]


def _stand_ins() -> StandIns:
    """All stand-ins: NumPy's, math's, and those of SciPy's modules that are loaded."""
    return _of_loaded(len(sys.modules))


def stand_in(module: ModuleType) -> ModuleType:
    """What adopted code sees for a module, such as `math`; itself if that is nothing else."""
    return _stand_ins().get(id(module), (module, module))[1]  # type: ignore[no-any-return]


@functools.cache
def _of_loaded(count: int) -> StandIns:
    loaded = list(sys.modules)
    wrappers = [name for name in loaded if name.endswith("array_api_compat.numpy")]
    return _table(
        tuple([name for name in loaded if name.startswith("scipy.") and HOOK.names(name[6:])]), tuple(wrappers)
    )


@functools.cache
def _table(modules: tuple[str, ...], wrappers: tuple[str, ...]) -> StandIns:
    numpys = {f.__name__: _either(f, SPELLINGS[f]) for f in _CONVERTERS} | {f.__name__: _maker(f) for f in _MAKERS}
    numpys["asarray_chkfinite"] = _either(np.asarray_chkfinite, _checked)
    numpys |= {name: _KINDS[kind] for name, kind in vars(np).items() if isinstance(kind, type) and kind in _KINDS}
    numpys["isscalar"] = _either(np.isscalar, _is_scalar)
    maths = {name: _either(getattr(math, name), _of_numbers(f)) for name, f in _MATH.items() if hasattr(math, name)}
    exchanged = {"numpy": numpys, "math": maths} | {module: _twins(module) for module in modules}
    found: dict[int, tuple[Any, Any]] = {}
    for module in wrappers:  # array_api_compat wraps NumPy's makers anew; each library has a copy of it
        own = [f for maker in _MAKERS if (f := vars(sys.modules[module]).get(maker.__name__)) not in (None, maker)]
        found |= {id(f): (f, _maker(f)) for f in own}
    whole: dict[str, ModuleType] = {}
    for module, names in exchanged.items():
        theirs = sys.modules[module]
        found |= {id(getattr(theirs, name)): (getattr(theirs, name), ours) for name, ours in names.items()}
        whole[module] = _StandIn(theirs, names)
    if "scipy" in sys.modules:
        inner = {name[6:]: module for name, module in whole.items() if name.count(".") == 1}
        whole["scipy"] = _StandIn(sys.modules["scipy"], inner)
    return found | {id(sys.modules[name]): (sys.modules[name], module) for name, module in whole.items()}


def _twins(module: str) -> Names:
    """The functions of a SciPy module that have a twin, by name; classes and distributions are left alone."""
    theirs, ours = sys.modules[module], importlib.import_module(f"wengert.{module}")
    found = {}
    for name in HOOK.names(module.removeprefix("scipy.")):
        f, twin = getattr(theirs, name, None), getattr(ours, name)
        if callable(f) and not isinstance(f, type | np.ufunc) and hasattr(f, "__name__") and f is not twin:
            found[name] = _either(f, twin)
    return found


# --- putting them there -----------------------------------------------------------------------------------------


class _Exchange:
    """The names that are exchanged now, and for how many calls."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calls = 0
        self.places: list[tuple[Names, str, Any]] = []
        self.held: list[tuple[type, str, Any]] = []

    def enter(self, names: Names | None) -> None:
        with self.lock:
            if not self.calls:
                self._put(_namespaces())
            if names is not None:
                self._put([("", names)])
            self.calls += 1

    def leave(self) -> None:
        with self.lock:
            self.calls -= 1
            if not self.calls:
                for names, name, theirs in self.places:
                    if theirs is _ABSENT:
                        del names[name]
                    else:
                        names[name] = theirs
                for kind, name, theirs in self.held:
                    type.__setattr__(kind, name, theirs)
                self.places.clear()
                self.held.clear()

    def _put(self, namespaces: list[tuple[str, Names]]) -> None:
        stand_ins = _stand_ins()
        known = len(stand_ins)
        for module, names in namespaces:
            if module:
                candidates, held = _candidates(module, id(names), len(names), known)
                for kind, name in held:
                    self._put_in_class(kind, name)
            else:
                candidates = _found(names)
            if module and not candidates and not _has_ufuncs(module, id(names), len(names)):
                continue  # it has nothing to do with numbers
            for name in candidates:
                theirs, ours = stand_ins.get(id(names.get(name)), (None, None))
                if ours is not None and names[name] is theirs:
                    names[name] = ours
                    self.places.append((names, name, theirs))
            for name, ours in BUILTINS.items():
                if name not in names:
                    names[name] = ours
                    self.places.append((names, name, _ABSENT))

    def _put_in_class(self, kind: type, name: str) -> None:
        """Exchange a function that a class holds for others to call, such as a library's table of NumPy's functions."""
        held = vars(kind).get(name)
        theirs, ours = _stand_ins().get(id(_unwrapped(held)), (None, None))
        if ours is None or _unwrapped(held) is not theirs:
            return
        binds = not isinstance(held, staticmethod) and hasattr(type(held), "__get__")
        type.__setattr__(kind, name, ours if binds else staticmethod(ours))  # NumPy's functions become no methods
        self.held.append((kind, name, held))


_exchange = _Exchange()


@contextmanager
def _exchanged(names: Names | None) -> Iterator[None]:
    """Exchange the functions in all modules of others and in `names`, until the last who asked for it is done."""
    _exchange.enter(names)
    before, LENDING.read_only = LENDING.read_only, True
    try:
        yield
    finally:
        LENDING.read_only = before
        _exchange.leave()


def _namespaces() -> list[tuple[str, Names]]:
    """The global names of every module that somebody else wrote in Python."""
    return _written_in_python(len(sys.modules))


@functools.cache
def _written_in_python(count: int) -> list[tuple[str, Names]]:
    return [
        (name, vars(module))
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] not in ("numpy", "wengert") and type(module) is not _StandIn and _is_python(module)
    ]


def _is_python(module: Any) -> bool:
    return isinstance(module, ModuleType) and str(vars(module).get("__file__") or ".py").endswith(".py")


@functools.cache
def _candidates(module: str, identity: int, size: int, known: int) -> tuple[list[str], list[tuple[type, str]]]:
    """What a module and its classes had to exchange when it had `size` names and there were `known` stand-ins."""
    names, stand_ins = vars(sys.modules[module]), _stand_ins()
    classes = [x for x in list(names.values()) if isinstance(x, type) and x.__module__ == module]
    held = [(x, name) for x in classes for name, f in list(vars(x).items()) if id(_unwrapped(f)) in stand_ins]
    return _found(names), held


def _unwrapped(held: Any) -> Any:
    return held.__func__ if isinstance(held, staticmethod) else held


@functools.cache
def _has_ufuncs(module: str, identity: int, size: int) -> bool:
    return any([isinstance(x, np.ufunc) for x in list(vars(sys.modules[module]).values())])


def _found(names: Names) -> list[str]:
    stand_ins = _stand_ins()
    return [name for name, x in list(names.items()) if id(x) in stand_ins]
