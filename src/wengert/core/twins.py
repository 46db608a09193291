"""Which SciPy function asks a tracked array for plain numbers, and what to write instead.

SciPy coerces its input (``np.asarray(t)``, ``float(t)``), so that the function which would lose the gradient is found
on the stack: the outermost of the SciPy frames that were called from the user's line. What has a twin under
`wengert.scipy` is told by a hook, because the twins live above.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from types import FrameType, FunctionType
from typing import Any

from wengert.errors import LostGradient, explain, user_line

__all__ = ["HOOK", "check_twin", "twin"]


class Hook:
    """What the layer of twins gives: the names in the module of twins of that name, such as ``"linalg"``."""

    names: Callable[[str], Collection[str]] = staticmethod(lambda module: ())


HOOK = Hook()


def twin() -> str | None:
    """The twin of the SciPy function that is asking now, as ``wengert.scipy.linalg.expm``; None if there is none."""
    for frame in reversed(list(_asking())):
        for module, name, rest in _candidates(frame):
            for home in _homes(module):
                if name in HOOK.names(home):
                    return f"wengert.scipy.{home}.{name}{rest}"
    return None


def check_twin(box: Any) -> None:
    """Raise if plain numbers are asked of this tracked box by a SciPy function that has a twin."""
    name = twin()
    if name is not None:
        theirs = name.removeprefix("wengert.")
        raise LostGradient(
            explain(
                f"{theirs} at {user_line()} needs plain numbers, but got a {type(box).__name__.lower()} of shape "
                f"{box.shape} whose derivative would be lost.",
                "SciPy turns what it is given into plain arrays and cannot tell us what becomes of them.",
                f"Write {name}, which has the same arguments and differentiates.",
            )
        )


def _asking() -> Iterator[FrameType]:
    """The SciPy frames between NumPy's or our own innermost frames and the user's line, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    found = False
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package == "scipy":
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
        if isinstance(name := getattr(owner, "name", None), str):  # scipy.stats.norm is an object of that name
            yield module, name, method
        for kind in (owner if isinstance(owner, type) else type(owner)).__mro__:
            yield kind.__module__, kind.__name__.removesuffix("_gen"), method  # dirichlet is a dirichlet_gen
    # The wrapper that a decorator made coerces on behalf of the function that it wraps.
    for variable in code.co_freevars:
        wrapped: Any = frame.f_locals.get(variable)
        if isinstance(wrapped, FunctionType):
            yield wrapped.__module__, wrapped.__name__, ""


def _homes(module: str) -> Iterator[str]:
    """``scipy.sparse.linalg._isolve`` is public as sparse.linalg, or as sparse."""
    parts = []
    for part in module.split(".")[1:]:
        if part.startswith("_"):
            break
        parts.append(part)
    for n in range(len(parts), 0, -1):
        yield ".".join(parts[:n])
