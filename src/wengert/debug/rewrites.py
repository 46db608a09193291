"""What to write instead where a NaN or an infinity is born."""

from __future__ import annotations

__all__ = ["rewrite"]

_BY_OP = {
    "log": "scipy.special.xlogy(x, y) for x * np.log(y), np.log1p(x) for np.log(1 + x), or {safe}",
    "sqrt": "np.linalg.norm or np.hypot for the root of a sum of squares (their derivative at 0 is 0), or {safe}",
    "norm": "np.linalg.norm of what is not zero, or {safe}",
    "arccos": "np.clip(x, -1, 1) for what rounding took beyond 1, np.arctan2 for an angle between vectors, or {safe}",
    "power": "an integer or a positive exponent, np.square or np.sqrt, or {safe}",
    "exp": "scipy.special.logsumexp, np.logaddexp, expit or softmax, which do not overflow, or {safe}",
    "divide": "{safe}",
}
_ALIKE = {
    "log2": "log", "log10": "log", "log1p": "log", "cbrt": "sqrt", "arcsin": "arccos", "arctanh": "arccos",
    "arccosh": "arccos", "power_by": "power", "float_power": "power", "exp2": "exp", "expm1": "exp", "sinh": "exp",
    "cosh": "exp", "reciprocal": "divide", "length": "norm", "remainder": "divide", "fmod": "divide",
}  # fmt: skip
_BY_CLASS = {
    "∞ - ∞": "np.logaddexp or scipy.special.logsumexp, or take the difference before the terms overflow",
    "0·∞": "scipy.special.xlogy for 0 * np.log(0), or choose what is multiplied: np.where(m, a * np.where(m, b, 1), 0)",
    "∞/∞": "a quotient of logarithms, np.exp(a - b), scipy.special.softmax or expit, or {safe}",
}


def rewrite(op: str, cause: str) -> str:
    """A sentence with what avoids the birth in an op, whose kind `explanation.births.birth_class` names."""
    name = _ALIKE.get(op, op)
    formula = f"np.{op}(np.where(ok, x, 1))" if name != "divide" else "x / np.where(ok, y, 1)"
    safe = f"np.where(ok, {formula}, 0), where ok says which entries are safe"
    text = _BY_CLASS.get(cause) or _BY_OP.get(name) or "{safe}"
    return f"Write {text.format(safe=safe)}."
