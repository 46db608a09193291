"""An explanation as LaTeX: the two trace tables in math mode."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from wengert.explanation.collapse import LARGE
from wengert.explanation.model import Account, Step
from wengert.explanation.numbers import short
from wengert.explanation.rows import Row, reverse_rows

__all__ = ["latex"]


def latex(account: Account) -> str:
    """Two ``array`` tables: the forward trace and the reverse trace; of a large trace the first rows of each."""
    seeds = [rf"\dot v\;({_name(s.label)})" for s in account.seeds]
    head = " & ".join(["", r"\text{primal}", r"\text{value}", *seeds])
    forward = [_forward(s) for s in account.trace[:LARGE]]
    reverse = [_reverse(account, row) for row in reverse_rows(account)[:LARGE]]
    lines = [
        rf"\begin{{array}}{{rlr{'r' * len(seeds)}}}", rf"{head} \\ \hline",
        *[rf"{row} \\" for row in forward], r"\end{array}", "",
        r"\begin{array}{rlr}", r"& \text{adjoint} & \text{value} \\ \hline",
        *[rf"{row} \\" for row in reverse], r"\end{array}", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _forward(s: Step) -> str:
    what = _name(s.name) if s.role == "input" else _code(s.expression)
    tangents = [_number(t) if t is not None else "0" for t in s.tangents]
    return " & ".join([f"{_label(s)} =", what, _number(s.value), *tangents])


def _reverse(account: Account, row: Row) -> str:
    step, c = account.trace[row.step], row.contribution
    own = _bar(step)
    if c is None:
        return f"{own} = & 1 & {_number(row.sum)}"
    consumer = account.trace[c.consumer]
    operand = consumer.operands[c.position]
    before = f"{own} + " if " + " in row.formula.split("·")[0] and row.sum is not c.downstream else ""
    if operand.formula in ("1", "-1"):
        product = ("-" if operand.formula == "-1" else "") + _bar(consumer)
    else:
        local = (
            _code(operand.formula)
            if operand.formula
            else rf"\frac{{\partial {_label(consumer)}}}{{\partial {_label(step)}}}"
        )
        product = (
            rf"{_bar(consumer)} \cdot \left({local}\right)"
            if re.search(r"[ +-]", local)
            else rf"{_bar(consumer)} \cdot {local}"
        )
    return f"{own} = & {before}{product} & {_number(row.sum)}"


def _label(s: Step) -> str:
    return f"v_{{{s.index}}}"


def _bar(s: Step) -> str:
    return rf"\bar v_{{{s.index}}}"


_SUBSCRIPTS = dict(zip("₋₀₁₂₃₄₅₆₇₈₉", "-0123456789", strict=True))


def _name(name: str) -> str:
    """A name with its digits as a subscript: x_{1}."""
    plain = re.sub("[₋₀-₉]+", lambda m: "_{" + "".join([_SUBSCRIPTS[c] for c in m[0]]) + "}", name)
    found = re.fullmatch(r"([A-Za-z])(\d+)", plain)
    if found:
        return f"{found[1]}_{{{found[2]}}}"
    if re.fullmatch(r"[A-Za-z](_\{-?\d+\})?", plain):
        return plain
    base, _, subscript = plain.partition("_{")
    return rf"\mathit{{{_plain(base)}}}" + (f"_{{{subscript}" if subscript else "")


def _plain(text: str) -> str:
    for sign in "\\{}$&#^_%~":
        text = text.replace(sign, {"\\": r"\backslash "}.get(sign, "\\" + sign))
    return text


def _code(text: str) -> str:
    """Readable NumPy text in math mode: names, functions, products and powers as mathematicians write them."""
    out = []
    pattern = r"np\.linalg\.\w+|np\.\w+|[^\W\d][\w₋₀-₉]*|\d+\.?\d*(?:e[+-]?\d+)?|\*\*|\s*\*\s*|@|<=|>=|==|!=|←|\s+|."
    for token in re.findall(pattern, text):
        out.append(_token(token))
    return re.sub(r"\^\((.*?)\)", r"^{(\1)}", re.sub(r"\^(\d+)", r"^{\1}", "".join(out)))


_SIGNS = {
    "**": "^", "*": r" \cdot ", "@": " ", "<=": r"\le ", ">=": r"\ge ", "==": "=", "!=": r"\ne ", "←": r"\leftarrow ",
    "{": r"\{", "}": r"\}", "%": r"\bmod ", "&": r"\&", "#": r"\#", "_": r"\_", "\\": r"\backslash ", "'": "\\text{'}",
    "^": r"\wedge ", "$": r"\$", "~": r"\sim ",
}  # fmt: skip
_KNOWN = frozenset("sin cos tan exp log sinh cosh tanh arcsin arccos arctan max min det".split())


def _token(token: str) -> str:
    if token.strip() in _SIGNS:
        return _SIGNS[token.strip()]
    if token.startswith("np."):
        name = token.rpartition(".")[2]
        return f"\\{'ln' if name == 'log' else name}" if name in _KNOWN else rf"\operatorname{{{_plain(name)}}}"
    if token[0].isalpha():
        return _name(token)
    return " " if token.isspace() else token


def _number(x: Any) -> str:
    shown = short(x)
    found = re.fullmatch(r"(-?[\d.]+)e([+-]\d+)", shown)
    if found:
        return rf"{found[1]} \cdot 10^{{{int(found[2])}}}"
    if np.ndim(x) == 0 and x is not None:
        return shown
    for sign, name in (("×", r"$\times$"), ("…", r"$\dots$"), ("·", r"$\cdot$")):
        shown = shown.replace(sign, name)
    return rf"\text{{{shown}}}"
