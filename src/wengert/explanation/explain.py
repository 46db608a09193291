"""wg.explain: the evaluation of a function and its derivatives, step by step, with the user's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.collector import waiting
from wengert.explanation import dot, extras, latex, mermaid, page, svg, table, text
from wengert.explanation.given import Wrt
from wengert.explanation.model import Account, Step
from wengert.explanation.rows import Row, reverse_rows
from wengert.explanation.taped import account_of_tensor
from wengert.explanation.traced import Directions, account_of_function
from wengert.interpreters.tensor import Tensor

__all__ = ["Explanation", "explain"]


class Explanation(Account):
    """The evaluation of a function and its derivatives; prints as text.

    All that is known is in its fields, see `Account`; the rest is ways to show it.
    """

    @property
    def text(self) -> str:
        """The forward trace, the reverse trace, the gradient and the remarks, as plain text."""
        return text.text(self)

    @property
    def latex(self) -> str:
        """The two trace tables for a document."""
        return latex.latex(self)

    @property
    def mermaid(self) -> str:
        """The graph in Mermaid's language."""
        return mermaid.mermaid(self)

    @property
    def dot(self) -> str:
        """The graph in Graphviz' language."""
        return dot.dot(self)

    @property
    def svg(self) -> str:
        """The graph as a picture that stands alone."""
        return svg.svg(self)

    @property
    def html(self) -> str:
        """A page to walk through the graph step by step: one file, that needs no network.

        Of a small function it also shows the derivative as code and as formulas, every way to differentiate in one
        table, the V-curve of its first input, and how its expressions swell.
        """
        return page.page(self, extras.gathered(self))

    def _repr_html_(self) -> str:
        return page.notebook(self)

    def summary(self, depth: int = 1) -> str:
        """The text in blocks, telling `depth` levels of modules or functions apart."""
        return text.text(self, depth)

    def steps(self) -> list[Step]:
        """The Wengert list: inputs first, then every computed value in order."""
        return list(self.trace)

    def reverse(self) -> list[Row]:
        """The reverse trace: one row per contribution, from the result down to the inputs."""
        return reverse_rows(self)

    def records(self) -> list[dict[str, Any]]:
        """One dict per step."""
        return table.records(self)

    def dataframe(self) -> Any:
        """One row per step, as a pandas DataFrame. Raises `MissingDependency` without pandas."""
        return table.dataframe(self)

    def gradient(self) -> dict[str, Any]:
        """The adjoint of every differentiated input by its name; None where nothing arrived."""
        inputs = [self.trace[n] for n in self.inputs]
        return {s.name: s.adjoint for s in inputs if s.differentiable}

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Explanation of {self.function}: {len(self.trace)} steps, {len(self.remarks)} remarks>"


def explain(
    f: Callable[..., Any] | Tensor,
    *args: Any,
    wrt: Wrt = None,
    along: Directions = None,
    cotangent: Any = None,
    **kwargs: Any,
) -> Explanation:
    """Explain a function at these arguments, or the tape behind a tensor, step by step.

    f: a function of pytrees of arrays, that may branch on values; it is run once. wrt: names or positions of the
    arguments to differentiate, by default all that hold floating numbers (Python's integers count, if there are
    no others). along: a tuple with a direction per differentiated argument, or a dict of such tuples by name, for
    the forward trace; by default one column per input entry if these are few. cotangent: what the reverse trace
    begins with, shaped like the result; by default 1 everywhere. For a tensor there are no further arguments.
    Raises `InvalidArgument` where nothing can be differentiated, `TapeError` for a tensor without a tape.

    The traces are laid out as in A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind, "Automatic
    differentiation in machine learning: a survey", JMLR 18, 2018, tables 2 and 3.

    >>> import numpy as np, wengert as wg
    >>> e = wg.explain(lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2), 2.0, 5.0)
    >>> [step.expression for step in e.steps() if step.role != "input"]
    ['np.log(x1)', 'x1 * x2', 'v₁ + v₂', 'np.sin(x2)', 'v₃ - v₄']
    >>> round(float(e.value), 3), {name: round(float(g), 3) for name, g in e.gradient().items()}
    (11.652, {'x1': 5.5, 'x2': 1.716})
    """
    with waiting():
        if isinstance(f, Tensor):
            account = account_of_tensor(f, cotangent)
        else:
            account = account_of_function(f, args, kwargs, wrt, along, cotangent)
    return Explanation(**vars(account))
