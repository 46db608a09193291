"""The complex step: f(x + ih) = f(x) + ih f'(x) - …, so f' = Im f(x + ih) / h without a difference, hence without loss.

h may be so small that h² vanishes beside 1. It holds for functions made of analytic ones; where a program compares,
takes an absolute value or rounds, it is not, and complex numbers would give nonsense. The program is therefore run by
an interpreter that lets only analytic ops pass (W. Squire and G. Trapp, "Using complex variables to estimate
derivatives of real functions", 1998).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import apply, fresh, unbridge
from wengert.core.array import Array
from wengert.core.op import TABLE, Op
from wengert.errors import NotDifferentiable, explain, user_line
from wengert.transforms.arguments import evaluate

__all__ = ["Analytic", "imaginary_step"]

# Of the rows that are no (multi)linear maps, those that NumPy computes for complex numbers as the analytic function.
_ANALYTIC = frozenset(
    "strong_multiply add subtract multiply divide negative positive reciprocal square power power_by exp exp2 expm1 "
    "log log2 log10 log1p sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh where "
    "solve inv det prod cumprod logsumexp softmax log_softmax "
    # SciPy's, which are less exact for complex numbers than for real ones
    "loggamma rgamma gamma psi erf erfc erfcx erfi dawsn log_ndtr fresnel exp1 expi spence wrightomega lambertw hyp0f1 "
    "hyp1f1 hyp2f1 airy elliprf elliprd elliprg elliprc elliprj eval_chebyt eval_chebyu eval_legendre eval_jacobi "
    "eval_gegenbauer eval_laguerre eval_genlaguerre jv jve yv iv kv".split()
)
STEP = 2.0**-100
_COMPLEX = {np.dtype(np.float32): np.dtype(np.complex64), np.dtype(np.float64): np.dtype(np.complex128)}


class Analytic(Array):
    """A real number that moves a tiny step along the imaginary axis; for the program it looks real."""

    __slots__ = ()

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute the op on complex numbers, if it is analytic."""
        mine = [isinstance(x, Analytic) and x.level == level for x in operands]
        values = [x.value if m else x for x, m in zip(operands, mine, strict=True)]
        if op.name in ("conjugate", "real", "copy"):
            return Analytic(values[0], None, level)
        if not _passes(op, mine) or any(_is_complex(x) and not m for x, m in zip(operands, mine, strict=True)):
            raise _refused(op.name)
        if op.name == "astype":
            target = _COMPLEX.get(np.dtype(params["dtype"]))
            if target is None:
                raise _refused(f"astype({np.dtype(params['dtype'])})")
            return Analytic(apply(op, values, {"dtype": target}), None, level)
        if op.kind == "linear":
            values = [_widened(x) if n not in op.nondiff else x for n, x in enumerate(values)]
        out = apply(op, values, params)
        return Analytic(out, None, level) if op.outputs == 1 else tuple([Analytic(o, None, level) for o in out])

    @property
    def dtype(self) -> Any:
        """The real dtype."""
        return np.zeros(0, self.value.dtype).real.dtype

    def concrete(self, what: str) -> Any:
        """Refused: a decision by the value is no analytic function."""
        raise _refused(what)


def _is_complex(x: Any) -> bool:
    return np.iscomplexobj(x) and not isinstance(x, Array)


def _passes(op: Op, mine: Sequence[bool]) -> bool:
    if op.name == "where" and mine[0]:
        return False
    return op.name in _ANALYTIC or (op.kind in ("linear", "multilinear") and op.name != "imag")


def _widened(x: Any) -> Any:
    """A real array as a complex one, so that what is written into it keeps its step."""
    dtype = np.asarray(x).dtype if not hasattr(x, "dtype") else x.dtype
    return apply(TABLE["astype"], (x,), {"dtype": _COMPLEX[dtype]}) if dtype in _COMPLEX else x


def _refused(name: str) -> NotDifferentiable:
    return NotDifferentiable(
        explain(
            f"{name} was used at {user_line()} in a function that is differentiated by the complex step.",
            "The complex step holds for analytic functions only: without comparisons, absolute values, rounding or "
            "complex numbers.",
            'Write method="central" or method="richardson"; np.sqrt(x * x) is analytic where x is not 0.',
        )
    )


def imaginary_step(
    f: Callable[[Any], Any], structure: tree.Structure, leaves: Sequence[Any], moved: Sequence[Any]
) -> Any:
    """The results of `f`, and their derivative along a direction: two lists of arrays.

    leaves: of the argument, whose structure is given. moved: the direction, one array per leaf.
    """
    level = fresh()
    boxes = [Analytic(x + 1j * np.asarray(STEP, x.dtype) * d, None, level) for x, d in zip(leaves, moved, strict=True)]
    outs, _ = tree.flatten(evaluate(f, structure.unflatten(boxes)))
    outs = [unbridge(o) for o in outs]
    values = [o.value if isinstance(o, Analytic) and o.level == level else o for o in outs]
    if any(_is_complex(v) and not isinstance(o, Analytic) for v, o in zip(values, outs, strict=True)):
        raise _refused("a complex result")
    return [np.real(v) for v in values], [np.imag(v) / STEP for v in values]
