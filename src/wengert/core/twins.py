"""Which function of SciPy or numpy.polynomial asks a tracked array for plain numbers, and what to write instead.

SciPy coerces its input (``np.asarray(t)``, ``float(t)``), so that the function which would lose the gradient is found
on the stack: the outermost of the SciPy frames that were called from the user's line. What has a twin under
`wengert.scipy`, and what has none and does not run on arrays of objects either, is told by a hook, because the twins
live above. The functions of `numpy.polynomial` do run on arrays of objects, but for a few.
"""

from __future__ import annotations

import itertools
import re
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from types import CellType, FrameType, FunctionType
from typing import Any

from wengert.errors import LostGradient, explain, user_line

__all__ = ["HOOK", "SERIES", "annotate", "check_list", "check_reader", "check_series", "check_twin", "twin"]


class Hook:
    """What the layer of twins gives: the names in the module of twins of that name, such as ``"linalg"``."""

    names: Callable[[str], Collection[str]] = staticmethod(lambda module: ())
    # The names in SciPy's module that take plain numbers only and have no twin.
    untwinned: Callable[[str], Collection[str]] = staticmethod(lambda module: ())
    # What to write instead of one of these, by its full name.
    instead: Callable[[str], str] = staticmethod(lambda name: "")


HOOK = Hook()


def twin() -> str | None:
    """The twin of the function that is asking now, as ``wengert.scipy.linalg.expm``; None if there is none."""
    return next((name for name, twinned in _known(_asking()) if twinned), None)


def _known(frames: Iterable[FrameType]) -> Iterator[tuple[str, bool]]:
    """The functions that run in these frames: the name of the twin, or of one without a twin, and which it is."""
    for frame in frames:
        for module, name, rest in _candidates(frame):
            if _of_numbers(module, name):
                yield f"{module.replace('numpy', 'wengert', 1)}.{name}", True
            for home in _homes(module):
                if name in HOOK.names(home):
                    yield f"wengert.scipy.{home}.{name}{rest}", True
                elif name in HOOK.untwinned(home):
                    yield f"scipy.{home}.{name}{rest}", False


def _of_numbers(module: str, name: str) -> bool:
    """Whether this is a function of `numpy.polynomial` that does not run on arrays of objects."""
    package, _, family = module.rpartition(".")
    if package != "numpy.polynomial" or family.startswith("_"):
        return False
    return name == "polyvalfromroots" or (name.endswith(_PLAIN) and not name.endswith("fromroots"))


_PLAIN = ("fit", "roots", "grid2d", "grid3d")


def check_twin(box: Any) -> None:
    """Raise if plain numbers are asked of this tracked box by a function that has a twin, or should have one."""
    name, twinned = next(_known(_asking()), ("", False))
    if not name:
        return
    if twinned:
        theirs = name.replace("wengert.", "numpy." if name.startswith("wengert.polynomial.") else "", 1)
        why = "It turns what it is given into plain arrays and cannot tell us what becomes of them."
        instead = f"Write {name}, which has the same arguments and differentiates."
    else:
        theirs, why = name, "SciPy computes it with plain numbers only, and wengert has no twin of it."
        instead = HOOK.instead(name)
    what = f"{theirs} at {user_line()} needs plain numbers, but got a {type(box).__name__.lower()} of shape {box.shape}"
    raise LostGradient(explain(f"{what} whose derivative would be lost.", why, instead))


def check_list(box: Any) -> None:
    """Raise if plain numbers are asked of this tracked box by a function of NumPy that was given a list of such."""
    frame: FrameType | None = sys._getframe(1)
    outermost: FrameType | None = None
    while frame is not None and (package := _package(frame)) in ("numpy", "wengert"):
        outermost, frame = frame if package == "numpy" else outermost, frame.f_back
    if outermost is None or not any(map(_is_list, outermost.f_locals.values())):
        return
    name, kind = outermost.f_code.co_name.strip("_"), type(box).__name__.lower()
    raise LostGradient(
        explain(
            f"np.{name} at {user_line()} got a list with a {kind} in it, whose derivative would be lost.",
            "NumPy makes an array of Python objects of the list, and a plain number of their result.",
            f"Write np.{name}(np.stack(xs)), whose argument is one tensor.",
        )
    )


def _is_list(x: Any) -> bool:
    return isinstance(x, list | tuple) or getattr(getattr(x, "dtype", None), "kind", "") == "O"


def _package(frame: FrameType) -> str:
    return (frame.f_globals.get("__name__") or "").partition(".")[0]


# Code of SciPy's that lets nobody see the numbers leave: a search that gives plain numbers back whatever it compares;
# checks before compiled code, which puts errors of its own in the place of ours; tests of types, which ask nobody.
_READERS = frozenset({"_minimize_scalar_golden", "_check_func", "_milp_iv", "aslinearoperator", "diags_array"})


def check_reader(box: Any, frame: FrameType) -> None:
    """Raise if this tracked box is looked at, in `frame`, by code of SciPy's that would lose it unseen."""
    if frame.f_code.co_name in _READERS and frame.f_globals.get("__name__", "").startswith("scipy.") and box.tracked:
        check_twin(box)


_BOXES = re.compile(r"\b(Tensor|Dual|Batched|Symbol)\b")


def annotate(error: BaseException) -> None:
    """Note at an error of others what a tensor may have to do with it: SciPy's code had one, or compiled code says so.

    Nobody asked the tensor, so that this is no refusal of ours: it may as well be the mistake of who called.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    theirs = [frame for frame in itertools.takewhile(_is_no_twin, frames) if _is_theirs(frame)]
    if any(map(_holds_box, theirs)):
        for name, twinned in _known(theirs):
            instead = f"Write {name}." if twinned else "Give it a rule, wg.custom(f, vjp=...), or x.detach().numpy()."
            theirs_own = name.removeprefix("wengert.")
            error.add_note(explain(f"{theirs_own} got a tensor.", "It takes plain numbers.", instead))
            return
    elif not any(map(_is_theirs, frames)) and isinstance(error, TypeError) and (found := _BOXES.search(str(error))):
        error.add_note(
            explain(
                f"Compiled code got a {found[1].lower()} of wengert's.",
                "It takes plain arrays, and asks for them by their type.",
                "If it is SciPy's, use the function or object of the same name from wengert.scipy.*; "
                "otherwise give it a rule, wg.custom(f, vjp=...).",
            )
        )


def _holds_box(frame: FrameType) -> bool:
    """Whether a box is in the hands of this frame: among its variables, or in a function that it is to call."""
    return any(map(_reaches_box, frame.f_locals.values()))


def _reaches_box(x: Any, depth: int = 3) -> bool:
    """depth: of functions in functions, such as SciPy's wrapper around the user's that closes over a tensor."""
    if isinstance(x, tuple | list):
        return any(map(_is_ours, x))
    if depth and isinstance(x, FunctionType):
        return any([_reaches_box(_content(cell), depth - 1) for cell in x.__closure__ or ()])
    return _is_ours(x)


def _is_ours(x: Any) -> bool:
    """Whether this is a box, or an object of a twin, which may hold some."""
    return type(x).__module__.partition(".")[0] == "wengert"


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _is_no_twin(frame: FrameType) -> bool:
    return not (frame.f_globals.get("__name__") or "").startswith("wengert.scipy.")


def _is_theirs(frame: FrameType) -> bool:
    return _package(frame) in ("scipy", "numpy")


def _asking() -> Iterator[FrameType]:
    """The frames of SciPy and `numpy.polynomial` above NumPy's and our own, up to the user's line, outermost first."""
    return reversed(list(_above()))


def _above() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    found = False
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        package = module.partition(".")[0]
        if package == "scipy" or module.startswith("numpy.polynomial."):
            found = True
            yield frame
        elif package != "numpy" and (found or package != "wengert"):
            return
        frame = frame.f_back


def _candidates(frame: FrameType) -> Iterator[tuple[str, str, str]]:
    """What a frame may be running: (module, public name, method)."""
    code, module = frame.f_code, frame.f_globals["__name__"]
    yield module, code.co_name, ""
    if "." in code.co_qualname and code.co_argcount:
        owner = frame.f_locals.get(code.co_varnames[0])
        method = "" if code.co_name.startswith("_") else f".{code.co_name}"
        for key in ("name", "__name__"):  # scipy.stats.norm is an object of that name, special.legendre_p has that one
            if isinstance(name := getattr(owner, key, None), str):
                yield module, name, method
        for kind in (owner if isinstance(owner, type) else type(owner)).__mro__:
            yield kind.__module__, kind.__name__.removesuffix("_gen"), method  # dirichlet is a dirichlet_gen
    # The wrapper that a decorator made coerces on behalf of the function that it wraps.
    for variable in code.co_freevars:
        wrapped: Any = frame.f_locals.get(variable)
        if isinstance(wrapped, FunctionType):
            yield wrapped.__module__ or "", wrapped.__name__, ""


def _homes(module: str) -> Iterator[str]:
    """``scipy.sparse.linalg._isolve`` is public as sparse.linalg, or as sparse."""
    parts = []
    for part in module.split(".")[1:]:
        if part.startswith("_"):
            break
        parts.append(part)
    for n in range(len(parts), 0, -1):
        yield ".".join(parts[:n])


# NumPy's evaluations of series take what is no ndarray for a number.
SERIES = frozenset({"polyval", "chebval", "legval", "hermval", "hermeval", "lagval"})


def check_series(frame: FrameType) -> None:
    """Raise if NumPy evaluates several series, whose coefficients are an array, at points that are a tensor.

    It would line up the points with the series, and not evaluate every series at every point.
    """
    module = frame.f_globals.get("__name__", "")
    if not module.startswith("numpy.polynomial") or frame.f_globals is not vars(sys.modules[module]):
        return  # a twin has globals of its own
    if frame.f_locals.get("tensor", True):
        own = f"wengert.polynomial.{module.rpartition('.')[2]}.{frame.f_code.co_name}"
        name = (twin() or own).removeprefix("wengert.")
        raise LostGradient(
            explain(
                f"np.{name} at {user_line()} got coefficients of several series, and points that are a tensor.",
                "NumPy takes the tensor for one number there, and would give another value than for an array.",
                f"Write wengert.{name}, which has the same arguments, or np.polyval for one series.",
            )
        )
