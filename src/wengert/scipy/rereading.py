"""SciPy's Python sources, read again over names of ours: the same text, and boxes pass through it.

Much of SciPy is formulas in plain NumPy, which would run on boxes if it did not say ``np.asarray``, ``np.zeros``,
``apply_where`` or `logsumexp` here and there, of which NumPy tells nobody. A module that is read again has copies of
its functions and classes that share their code, but look global names up in a namespace in which these few are ours.
Nothing of SciPy's own is touched, no source is compiled, and no other thread sees anything (`wg.adopt`, for code that
is not known beforehand, exchanges the names in place).

    scipy.stats._continuous_distns                reread(...)
    np, sc, xpx, _lazywhere         →             ours
    def _norm_pdf(x)                →             the same code over this namespace
    class alpha_gen                 →             a subclass with the same code for its methods
    alpha = alpha_gen(...)          →             an instance of that, with the same attributes
"""

from __future__ import annotations

import cmath
import functools
import importlib
import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from wengert import tree
from wengert.core.apply import Box, unbridge
from wengert.core.array import Array
from wengert.core.protocols import SPELLINGS
from wengert.core.twins import HOOK
from wengert.core.view import Lent
from wengert.ops.spelling import lift
from wengert.scipy.choice import has_box, twin_of
from wengert.scipy.closures import plain
from wengert.scipy.implied import over_entries
from wengert.scipy.separately import one_by_one
from wengert.transforms.adoption import BUILTINS, stand_in
from wengert.transforms.bodies import merged

__all__ = ["lent", "reread", "reread_twin"]

Function = Callable[..., Any]
Names = dict[str, Any]


class _Over:
    """A module with some of its functions exchanged."""

    def __init__(self, module: Any, **ours: Any) -> None:
        self._module = module
        vars(self).update(ours)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


# --- NumPy's converters and makers ------------------------------------------------------------------------------


def _converter(theirs: Function) -> Function:
    ours = SPELLINGS[theirs]

    @functools.wraps(theirs, updated=())
    def convert(a: Any, *args: Any, device: Any = None, **kwargs: Any) -> Any:
        return ours(a, *args, **kwargs) if has_box(a) else theirs(a, *args, **kwargs)

    return convert


def _maker(theirs: Function) -> Function:
    """np.zeros and its kin: arrays that boxes may be written into."""

    @functools.wraps(theirs, updated=())
    def make(*args: Any, device: Any = None, **kwargs: Any) -> Any:
        made = theirs(*args, **kwargs)
        if type(made) is not np.ndarray or made.dtype.kind not in "fc":
            return made
        return lent(made)

    return make


def _full(shape: Any, fill_value: Any, *args: Any, device: Any = None, **kwargs: Any) -> Any:
    """np.full, with a box too."""
    if not has_box(fill_value):
        return _maker(np.full)(shape, fill_value, *args, **kwargs)
    return np.copy(np.broadcast_to(fill_value, shape))


class _Rows:
    """np.r_, with boxes too: arrays one behind the other."""

    def __getitem__(self, items: Any) -> Any:
        if not has_box(items):
            return np.r_[items]
        return np.concatenate([np.atleast_1d(lift(x)) for x in (items if isinstance(items, tuple) else (items,))])


def _ranged(theirs: Function) -> Function:
    """np.linspace and its kin, wherever the arrays are that the function was given."""
    return functools.wraps(theirs, updated=())(lambda *args, device=None, **kwargs: theirs(*args, **kwargs))


def _mean(a: Any, *args: Any, **kwargs: Any) -> Any:
    """np.mean, of a list of boxes too."""
    return np.mean(np.stack(a) if isinstance(a, list) and has_box(a) else a, *args, **kwargs)


def lent(x: Any) -> Any:
    """An array that boxes may be written into, of floating numbers."""
    made = Array.constant(x)
    made.alias = Lent()
    return made


def _vectorized(pyfunc: Function, otypes: Any = None, **settings: Any) -> Function:
    """np.vectorize: its loop keeps boxes only as long as it is not told of what dtype the results are."""
    theirs = np.vectorize(pyfunc, otypes, **settings)

    def each(*args: Any) -> Any:
        if not has_box(*args):
            return theirs(*args)
        return over_entries(lambda *entries: lift(pyfunc(*entries)), *[unbridge(x) for x in args])

    return each


_CONVERTERS = (np.asarray, np.array, np.asanyarray, np.ascontiguousarray)
_MAKERS: tuple[Any, ...] = (
    np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.zeros_like, np.ones_like, np.empty_like, np.full_like,
)  # fmt: skip

_NUMPY: Names = {f.__name__: _converter(f) for f in _CONVERTERS} | {f.__name__: _maker(f) for f in _MAKERS}
_NUMPY["vectorize"] = _vectorized
_NUMPY |= {"mean": _mean, "full": _full, "r_": _Rows()}
_NUMPY |= {"arange": _ranged(np.arange), "linspace": _ranged(np.linspace)}
_NUMPY["isscalar"] = lambda x: (isinstance(x, Box) and not x.shape) or np.isscalar(x)
_OUR_NUMPY: Any = _Over(np, **_NUMPY)


# --- SciPy's own conveniences -----------------------------------------------------------------------------------


def _where(cond: Any, args: Any, f1: Function, f2: Any = None, fill_value: Any = None, **names: Any) -> Any:
    """`apply_where` and the older `_lazywhere`: f1 of the arguments where the condition holds, else f2 or a value.

    Both are asked everywhere, and a zero cotangent wins over what comes of it elsewhere.
    """
    args = [lift(x) for x in (args if isinstance(args, tuple | list) else (args,))]
    fill = names.get("fillvalue", fill_value)
    f2 = names.get("f2", f2)
    with np.errstate(all="ignore"):
        if f2 is not None and not callable(f2):
            f2, fill = None, f2
        return np.where(cond, f1(*args), f2(*args) if f2 is not None else fill)


def _lazywhere(cond: Any, arrays: Any, f: Function, fillvalue: Any = None, f2: Any = None) -> Any:
    return _where(cond, arrays, f, f2, fillvalue)


def _select(conditions: Sequence[Any], choices: Sequence[Function], arrays: Any, default: Any = 0) -> Any:
    """`_lazyselect`: the first function whose condition holds."""
    found = default
    with np.errstate(all="ignore"):
        for condition, f in zip(reversed(conditions), reversed(choices), strict=True):
            found = np.where(condition, f(*arrays), found)
    return found


def _promoted(*args: Any, force_floating: bool = False, broadcast: bool = False, **_: Any) -> Any:
    """`xp_promote`: arrays of one dtype."""
    given = [None if x is None else lift(unbridge(x)) for x in args]
    dtype = np.result_type(*[x.dtype for x in given if x is not None], *([np.float64] if force_floating else []))
    given = [None if x is None else x.astype(dtype) for x in given]
    if broadcast:
        shape = np.broadcast_shapes(*[np.shape(x) for x in given if x is not None])
        given = [None if x is None else np.broadcast_to(x, shape) for x in given]
    return given[0] if len(given) == 1 else tuple(given)


class _Near(cKDTree):  # type: ignore[misc]
    """Which points are near, such as roots that are one multiple root, is a matter of plain numbers."""

    def __init__(self, data: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(plain(data), *args, **kwargs)

    def query_ball_point(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        return super().query_ball_point(plain(x), *args, **kwargs)


_CONVENIENCES: Names = {
    "_lazywhere": _lazywhere,
    "apply_where": _where,
    "_lazyselect": _select,
    "xp_promote": _promoted,
    "array_namespace": lambda *args, **_: _OUR_NUMPY,
    "vectorize": _vectorized,
    "cKDTree": _Near,
}


# --- modules ----------------------------------------------------------------------------------------------------

_read: dict[str, Names] = {}


def reread(name: str) -> Mapping[str, Any]:
    """The names of SciPy's module `name`, such as ``scipy.stats._continuous_distns``, read again.

    Raises ``ModuleNotFoundError`` if there is none.

    >>> import wengert as wg
    >>> reread("scipy.stats._continuous_distns")["alpha"]._pdf(wg.tensor(1.0), wg.tensor(2.0)).shape
    ()
    """
    if name not in _read:
        module = importlib.import_module(name)
        _read[name] = dict(vars(module))  # known before it is filled: modules name one another
        try:
            _fill(_read[name], module)
        except BaseException:
            del _read[name]
            raise
    return _read[name]


def reread_twin(theirs: Function) -> Function:
    """The twin of a function of SciPy's that is plain NumPy inside: its own text, read again.

    >>> import numpy as np, scipy.signal, wengert as wg
    >>> wg.jacobian(lambda z: reread_twin(scipy.signal.zpk2tf)([z], [0.5], 2.0)[0])(0.25)  # of 2 (x - z)
    array([ 0., -2.])
    """
    inner: Any = inspect.unwrap(theirs)

    @twin_of(theirs)
    @functools.wraps(theirs)
    def twin(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = tree.flatten((args, kwargs))
        leaves = [unbridge(x) for x in leaves]
        places = [n for n, x in enumerate(leaves) if isinstance(x, Box)]

        def function(*moving: Any) -> Any:
            args, kwargs = structure.unflatten(merged(leaves, places, moving))
            return reread(inner.__globals__["__name__"])[inner.__name__](*args, **kwargs)

        found = one_by_one(inner.__name__, function, *[leaves[n] for n in places])
        if all([leaves[n].dtype.itemsize >= 8 for n in places]):
            return found
        args, kwargs = structure.unflatten([plain(x) for x in leaves])
        return tree.map(lambda x, like: x.astype(np.asarray(like).dtype), found, theirs(*args, **kwargs))

    vars(twin)["reread"] = True
    return twin


def _fill(ours: Names, module: ModuleType) -> None:
    kinds: dict[type, type] = {}
    for key, x in vars(module).items():
        if key.startswith("__"):
            continue
        if isinstance(x, type) and x.__module__ == module.__name__ and not issubclass(x, BaseException):
            kinds[x] = ours[key] = _class(x, kinds)
        else:
            ours[key] = _exchanged(key, x)
    ours |= {key: x for key, x in BUILTINS.items() if key not in ours}
    for key, x in vars(module).items():
        if type(x) in kinds:
            ours[key] = _instance(x, kinds[type(x)])
        elif type(x) is dict and not key.startswith("__"):
            ours[key] = _tabled(x, {id(x): ours[key] for key, x in vars(module).items() if isinstance(x, FunctionType)})


def _tabled(x: Any, ours: Mapping[int, Any]) -> Any:
    """A table of functions with ours in their places."""
    if isinstance(x, dict):
        return {key: _tabled(item, ours) for key, item in x.items()}
    if isinstance(x, list | tuple):
        return type(x)([_tabled(item, ours) for item in x])
    return ours.get(id(x), x)


def _exchanged(key: str, x: Any) -> Any:
    """What a global name means in a module that is read again."""
    if x is np:
        return _OUR_NUMPY
    if isinstance(x, ModuleType):
        return _module(x)
    if key in _CONVENIENCES and callable(x):
        return _CONVENIENCES[key]
    if x is np.r_:
        return _NUMPY["r_"]
    if getattr(x, "__module__", None) == "numpy" and getattr(x, "__name__", "") in _NUMPY:
        return _NUMPY[x.__name__]
    if callable(x) and (twin := _twin(x)) is not None:
        return twin
    if isinstance(x, FunctionType):
        return _function(x)
    return x


def _module(x: ModuleType) -> Any:
    name = x.__name__
    if x is math:
        return stand_in(math)
    if x is cmath:
        return _Over(cmath, exp=np.exp, log=np.log)
    if name.endswith("array_api_compat.numpy"):
        return _OUR_NUMPY
    if "array_api_extra" in name:
        return _Over(x, apply_where=_where)
    if name.startswith("scipy.") and name != "scipy.stats" and HOOK.names(name.removeprefix("scipy.")):
        return importlib.import_module(f"wengert.{name}")
    return x


def _twin(f: Any) -> Function | None:
    """What `wengert.scipy` has for a function or class of a public module that was imported by its name."""
    home = str(getattr(f, "__module__", "")).rpartition("._")[0]
    if home in _HOMES and f.__name__ in HOOK.names(home.removeprefix("scipy.")):
        twin = getattr(importlib.import_module(f"wengert.{home}"), f.__name__)
        return None if getattr(twin, "reread", False) else twin  # its text is read in place
    return None


_HOMES = [f"scipy.{home}" for home in ("fft", "integrate", "interpolate", "linalg", "signal", "special")]


def _function(f: FunctionType) -> FunctionType:
    """The same code over the names of its module, read again; a decorated function within its decorator."""
    home = f.__globals__.get("__name__", "")
    if not home.startswith(("scipy.stats", "scipy.signal", "scipy.interpolate")) or home not in sys.modules:
        return _over(f, f.__globals__) if hasattr(f, "__wrapped__") and home.startswith("scipy._lib") else f
    return _over(f, reread(home))


def _over(f: FunctionType, names: Any) -> FunctionType:
    closure = f.__closure__ and tuple([_cell(cell) for cell in f.__closure__])
    made = FunctionType(f.__code__, names, f.__name__, f.__defaults__, closure)
    made.__kwdefaults__ = f.__kwdefaults__
    functools.update_wrapper(made, f)
    return made


def _cell(cell: CellType) -> CellType:
    inner = cell.cell_contents
    return CellType(_function(inner)) if isinstance(inner, FunctionType) else cell


def _class(kind: type, known: Mapping[type, type]) -> type:
    """A subclass whose methods have the same code, over the names of their module read again."""
    methods: Names = {}
    for base in reversed(kind.__mro__):
        if base.__module__ == kind.__module__:
            methods |= {key: _method(x) for key, x in vars(base).items() if isinstance(x, _METHODS)}
    if kind.__module__.startswith("scipy.stats"):
        methods.pop("__init__", None)  # instances are copied
        return type(kind.__name__, (kind,), methods)
    return type(kind.__name__, (kind, *[known[base] for base in kind.__bases__ if base in known]), methods)


_METHODS = (FunctionType, staticmethod, property)


def _method(x: Any) -> Any:
    if isinstance(x, property):
        get, put, drop = [f and _function(f) for f in (x.fget, x.fset, x.fdel)]  # type: ignore[arg-type]
        return property(get, put, drop, x.__doc__)
    return staticmethod(_function(x.__func__)) if isinstance(x, staticmethod) else _function(x)  # type: ignore[arg-type]


def _instance(x: Any, kind: type) -> Any:
    made: Any = object.__new__(kind)
    vars(made).update(vars(x))
    return made
