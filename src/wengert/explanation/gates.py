"""The nicknames of ops going backwards, and what they do to a cotangent.

The nicknames of add (distributor), multiply (swapper), max (router) and copy (adder) are those of A. Karpathy's
lecture notes "Backpropagation, intuitions" (CS231n, Stanford, 2015); the others follow their pattern.
"""

from __future__ import annotations

from wengert.core.op import Op

__all__ = ["EXACT", "FAN_OUT", "gate", "meaning"]

# What stands at a value that several ops read.
FAN_OUT = "copy adder"

_GATES: dict[str, str] = {
    **dict.fromkeys(("add", "subtract"), "add distributor"),
    **dict.fromkeys(("multiply", "strong_multiply", "divide"), "multiply swapper"),
    **dict.fromkeys(("maximum", "max", "fmax", "relu"), "max router"),
    **dict.fromkeys(("minimum", "min", "fmin"), "min router"),
    "where": "where switch",
    **dict.fromkeys(("sum", "mean"), "sum↔broadcast"),
    "broadcast_to": "broadcast↔sum",
    **dict.fromkeys(("slice", "gather", "diagonal"), "gather↔scatter"),
    **dict.fromkeys(("unslice", "scatter", "scatter_add", "undiagonal", "pad"), "scatter↔gather"),
    "overwrite": "overwrite switch",
    "concatenate": "concatenate splitter",
    **dict.fromkeys(("matmul", "matvec", "vecmat", "vecdot", "einsum", "affine"), "matmul transposer"),
    **dict.fromkeys(("reshape", "transpose", "flip", "roll"), "rearranger"),
    **dict.fromkeys(("copy", "positive"), "pass-through"),
    "astype": "dtype converter",
    **dict.fromkeys(("negative",), "sign flipper"),
    "stop_gradient": "gradient stop",
}

_KINDS = {
    "elementwise": "slope scaler", "linear": "linear transposer", "multilinear": "multilinear transposer",
    "primitive": "Jacobian product",
}  # fmt: skip

_MEANINGS: dict[str, str] = {
    "add distributor": "hands the gradient on, unchanged or negated, to every operand",
    "multiply swapper": "gives each operand the gradient times what the other one contributed",
    "max router": "sends the gradient to the largest operand alone; equals share it",
    "min router": "sends the gradient to the smallest operand alone; equals share it",
    "where switch": "sends the gradient to the operand that was chosen",
    "sum↔broadcast": "what was summed forwards is copied backwards",
    "broadcast↔sum": "what was copied forwards is summed backwards",
    "gather↔scatter": "what was read from places forwards is added at them backwards",
    "scatter↔gather": "what was written to places forwards is read from them backwards",
    "overwrite switch": "gradients of the written part go to what was written, all others to the array before",
    "concatenate splitter": "cuts the gradient where the parts were joined",
    "matmul transposer": "multiplies the gradient with the other operand transposed",
    "rearranger": "moves the gradient back to where each entry came from",
    "pass-through": "hands the gradient on unchanged",
    "dtype converter": "hands the gradient on in the dtype of the operand",
    "sign flipper": "negates the gradient",
    "gradient stop": "lets no gradient through: its result is locally constant",
    "slope scaler": "multiplies the gradient with the slope of the function",
    "linear transposer": "applies the transposed linear map",
    "multilinear transposer": "applies the transposed map of the other operands",
    "Jacobian product": "multiplies the gradient with the Jacobian from the left",
    FAN_OUT: "a value that is read several times adds up the gradients of its readers",
}

# Gates whose ops move numbers and round nothing.
EXACT = frozenset({
    "max router", "min router", "where switch", "broadcast↔sum", "gather↔scatter", "overwrite switch",
    "concatenate splitter", "rearranger", "sign flipper", "gradient stop", "pass-through",
})  # fmt: skip


def gate(op: Op) -> str:
    """The nickname of an op."""
    if op.vjps is None:
        return "gradient stop"
    return _GATES.get(op.name, _KINDS[op.kind])


def meaning(nickname: str) -> str:
    """What a gate does to a gradient, in words; "" for an unknown one."""
    return _MEANINGS.get(nickname, "")
