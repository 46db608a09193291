"""kinks: where a function has no derivative just at the given point, and what is given instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.explanation.drafts import finished, localise, mark_wanted
from wengert.explanation.given import Wrt, given
from wengert.explanation.kinks import kinks as remarks_of
from wengert.explanation.model import Source
from wengert.explanation.traced import Recorded

__all__ = ["Kink", "Kinks", "kinks"]


@dataclass(frozen=True, slots=True)
class Kink:
    """A tie or a kink that was hit.

    op: name of the row. expression: what was computed, in the user's names. file, line: where ("" and 0: not known).
    operand: by what the derivatives are taken. value: of the operand there. left, right: the one-sided derivatives of
    the op, NaN where they depend on more than this op. taken: the derivative that is given; NaN likewise. entries: how
    many entries are at a kink. text: all of it as a sentence.
    """

    op: str
    expression: str
    file: str
    line: int
    operand: str
    value: Any
    left: float
    right: float
    taken: float
    entries: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.text}" if self.file else self.text


class Kinks(list[Kink]):
    """The kinks that were hit, in the order of evaluation; prints as one line each."""

    def __str__(self) -> str:
        return "\n".join([str(k) for k in self]) if self else "No kink or tie was hit."


def kinks(f: Callable[..., Any], *args: Any, wrt: Wrt = None, **kwargs: Any) -> Kinks:
    """List the ties and kinks that `f` hits at these arguments, with their one-sided derivatives.

    f: a function of pytrees of arrays; it is run once, and may branch on values. wrt: names or positions of the
    arguments that are differentiated, by default all with floating numbers. Raises `InvalidArgument` if there are none.

    >>> import numpy as np, wengert as wg
    >>> (kink,) = wg.debug.kinks(lambda x: np.sum(np.abs(x)), np.array([1.0, 0.0]))
    >>> kink.op, kink.value, kink.left, kink.right, kink.taken
    ('absolute', 0.0, -1.0, 1.0, 0.0)
    """
    run = Recorded(f, given(f, args, kwargs, wrt))
    mark_wanted(run.drafts, run.links)
    with np.errstate(all="ignore"):
        localise(run.drafts, run.links)
        steps = [finished(d) for d in run.drafts]
        remarks = remarks_of(steps, run.links)
    found = Kinks()
    for remark in remarks:
        assert remark.step is not None
        step, known = steps[remark.step], remark.details
        source = step.source or Source("", 0, "")
        operand = known.get("operand", step.operands[0].shown)
        values = [o.value for o in step.operands if o.shown == operand] or [step.operands[0].value]
        left, right = known.get("slopes", (known.get("left", np.nan), known.get("right", np.nan)))
        found.append(
            Kink(
                op=step.op,
                expression=step.expression,
                file=source.file,
                line=source.line,
                operand=operand,
                value=_at(values[0], known.get("entry", ())),
                left=float(left),
                right=float(right),
                taken=float(known.get("taken", np.nan)),
                entries=int(known.get("entries", known.get("hits", 1))),
                text=remark.text,
            )
        )
    return found


def _at(x: Any, entry: tuple[int, ...]) -> Any:
    x = np.asarray(x)
    return x[entry].item() if entry and x.ndim == len(entry) else x[()] if x.ndim else x.item()
