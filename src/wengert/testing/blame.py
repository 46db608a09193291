"""Which op of a function is responsible for a wrong derivative: each is checked by itself, on the values it got."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.explanation.given import given
from wengert.explanation.links import Applied
from wengert.explanation.model import Source
from wengert.explanation.traced import Recorded
from wengert.testing.problem import Problem, inner, random_like

__all__ = ["responsible"]

STEP = 1e-5


def responsible(p: Problem, tolerance: float) -> str:
    """A sentence about the first op whose own rules are wrong; "" if all are right."""
    run = Recorded(p.function, given(p.function, p.args, p.kwargs, None))
    rng = np.random.default_rng(p.seed)
    for link, equation in zip(run.links, run.watch.recorded, strict=True):
        with np.errstate(all="ignore"):
            fault = _fault(link, rng, tolerance)
        if fault:
            place = run.watch.places[run.watch.recorded.index(equation)]
            source = "" if place is None else _shown(place)
            return f"responsible: {link.op.name}{source}: {fault}"
    return ""


def _shown(place: tuple[str, int]) -> str:
    source = Source(place[0].rpartition("/")[2], place[1], "")
    return f" at {source.file}:{source.line}"


def _fault(link: Applied, rng: np.random.Generator, tolerance: float) -> str:
    """What is wrong with an op at its operands."""
    smooth = [n for n, x in enumerate(link.values) if _is_float(x) and n not in link.op.nondiff]
    outs = [np.asarray(o) for o in (link.out if isinstance(link.out, tuple) else (link.out,))]
    kept = [n for n, o in enumerate(outs) if o.dtype.kind in "fc"]
    if link.op.vjps is None or not smooth or not kept:
        return ""
    ts: list[Any] = [random_like(np.asarray(x), rng) if n in smooth else None for n, x in enumerate(link.values)]
    moved = link.push(ts)
    moved = [np.zeros_like(o) if t is None else np.asarray(t) for t, o in zip(moved, outs, strict=True)]
    ahead, behind = ([np.asarray(o) for o in _at(link, ts, h)] for h in (STEP, -STEP))
    for n in kept:
        quotient = (ahead[n] - behind[n]) / (2 * STEP)
        if not _near(moved[n], quotient, max(tolerance, 1e-5)):
            return f"its forward rule gives {_worst(moved[n], quotient)} by differences"
    gs = [random_like(o, rng) if n in kept else None for n, o in enumerate(outs)]
    pulled = link.pull(gs, smooth)
    left = inner([gs[n] for n in kept], [moved[n] for n in kept])
    right = inner([pulled[n] for n in pulled], [np.broadcast_to(ts[n], np.shape(pulled[n])) for n in pulled])
    if abs(left - right) > max(tolerance, 1e-5) * max(1.0, abs(left)):
        return f"its reverse rule is not the adjoint of the forward one, {right:.6g} and not {left:.6g}"
    return ""


def _at(link: Applied, ts: Any, h: float) -> Any:
    values = [x if t is None else x + h * t for x, t in zip(link.values, ts, strict=True)]
    out = link.op.impl(*values, **link.params)
    return out if isinstance(out, tuple) else (out,)


def _is_float(x: Any) -> bool:
    return np.asarray(x).dtype.kind in "fc"


def _near(a: Any, b: Any, tolerance: float) -> bool:
    if a.shape != b.shape or not np.all(np.isfinite(b)):
        return bool(a.shape == b.shape)
    return bool(np.all(np.abs(a - b) <= tolerance * max(1.0, float(np.max(np.abs(b), initial=0.0)))))


def _worst(a: Any, b: Any) -> str:
    k = int(np.argmax(np.abs(a - b)))
    return f"{a.reshape(-1)[k]:.6g}, and not {b.reshape(-1)[k]:.6g}"
