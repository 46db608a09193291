"""Calls of PyTorch's functions, as text that means the same to PyTorch and to wengert, and what they give.

The calls are in `torch_calls.txt`. A call ``f(x, ...)`` stands for several: the function ``torch.f(x, ...)``, the
method ``x.f(...)`` and the method in place ``x.f_(...)``, as far as PyTorch has them. `torch_values.json` holds what
PyTorch gives, gradients included.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

STORE, TEXT = [Path(__file__).with_name(name) for name in ("torch_values.json", "torch_calls.txt")]

OPERANDS = {
    "x": np.array([[0.9, -1.3, 0.45], [-0.6, 1.7, 2.1]]),
    "y": np.array([[1.4, 0.7, -0.2], [0.35, -1.1, 0.8]]),
    "p": np.array([[0.5, 1.2, 2.4], [0.8, 1.9, 0.3]]),
    "u": np.array([[0.25, 0.6, 0.85], [0.1, 0.4, 0.7]]),
    "v": np.array([0.3, -0.9, 1.6]),
    "w": np.array([1.1, 0.2, -0.7]),
    "s": np.array([-1.0, 0.1, 0.9, 2.0]),
    "t": np.array([1.0, 2.0, 1.0, 2.0, 3.0]),
    "A": np.array([[2.0, 0.4, -0.3], [0.1, 1.5, 0.6], [-0.5, 0.2, 1.8]]),
    "S": np.array([[2.0, 0.4, -0.3], [0.4, 1.5, 0.6], [-0.3, 0.6, 1.8]]),
    "B": np.array([[[1.0, 0.2], [-0.4, 0.9], [0.3, 0.5]], [[0.7, -0.1], [0.6, 1.1], [-0.8, 0.4]]]),
    "z": np.array([1.0 + 0.5j, -0.3 + 1.2j, 0.8 - 0.6j]),
    "n": np.array([[5.0, np.nan, 1.0], [2.0, 4.0, np.nan]]),
    "i": np.array([[0, 2, 1], [1, 0, 0]]),
    "j": np.array([2, 0]),
    "k": np.array([6, 3, 12]),
    "l": np.array([4, 9, 5]),
    "m": np.array([[True, False, True], [False, True, True]]),
    "q": np.array([True, False, False]),
    "signal": np.sin(np.arange(16.0)) + 0.1 * np.arange(16.0),
}

ELEMENTWISE = {
    "x": "abs absolute arctan atan ceil cos cosh deg2rad erf erfc exp exp2 expm1 fix floor frac i0 neg negative "
    "positive rad2deg relu round sgn sigmoid sign signbit sin sinc sinh square tan tanh trunc arcsinh asinh isfinite "
    "isinf isnan isneginf isposinf isreal logical_not nan_to_num",
    "p": "digamma lgamma log log10 log1p log2 reciprocal rsqrt sqrt",
    "u": "acos arccos arcsin arctanh asin atanh erfinv logit",
    "p + 1": "acosh arccosh",
    "z": "angle conj conj_physical resolve_conj resolve_neg view_as_real",
    "k": "bitwise_not",
}

PAIRS = {
    "x, y": "add sub subtract mul multiply div divide true_divide atan2 arctan2 copysign floor_divide fmax fmin fmod "
    "hypot logaddexp logaddexp2 maximum minimum remainder dist eq ne lt le gt ge not_equal less less_equal "
    "greater greater_equal isclose allclose is_same_size heaviside nextafter",
    "p, y": "pow float_power",
    "x, p": "xlogy",
    "p, u": "igamma igammac",
    "k, l": "bitwise_and bitwise_or bitwise_xor gcd lcm",
    "l, j[0]": "bitwise_left_shift bitwise_right_shift",
    "m, q": "logical_and logical_or logical_xor",
    "v, w": "dot inner outer ger vdot kron",
    "A, S": "mm matmul kron",
    "A, v": "mv",
    "B, B.mT": "bmm",
}

# In forms, and as they are.
FORMED, FIXED = [part.splitlines() for part in TEXT.read_text(encoding="utf-8").strip().split("\n\n")]
# Where wengert means something else, and says so in docs/reference/torch.md.
_ELSE = (
    "torch.add(x, y, alpha=2)",
    "torch.trace(",
    "(x).clone().logical_not_(",
    ".t_(",
    "squeeze_(",
    ".transpose_(",
    ".swapaxes_(",
    ".swapdims_(",
)


def calls() -> Iterator[str]:
    """Every call in each of its forms; PyTorch may lack some."""
    groups = [(first, names) for table in (ELEMENTWISE, PAIRS) for first, names in table.items()]
    for call in [*[f"{name}({first})" for first, names in groups for name in names.split()], *FORMED]:
        node = ast.parse(call, mode="eval").body
        assert isinstance(node, ast.Call)
        name, given = ast.unparse(node.func), [ast.unparse(x) for x in node.args]
        rest = ", ".join([*given[1:], *[f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords]])
        if name.endswith("_"):
            yield f"({given[0]}).clone().{name}({rest})" if given else call
            continue
        yield f"torch.{call}"
        if given and not isinstance(node.args[0], ast.List | ast.Starred):
            yield f"({given[0]}).{name}({rest})"
            yield f"({given[0]}).clone().{name}_({rest})"
            yield f"torch.{name}_(({given[0]}).clone(), {rest})"
    yield from FIXED


def evaluated(
    call: str, torch: Any, tensors: Mapping[str, Any], grads: bool = True
) -> tuple[list[Any], dict[str, Any]]:
    """The values of a call, and the gradients (if wanted) that its operands get from weighing them."""
    names = {node.id for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Name)}
    leaves = {name: x.detach().clone() for name, x in tensors.items() if name in names}
    for x in leaves.values():
        x.requires_grad_(grads and (torch.is_floating_point(x) or torch.is_complex(x)))
    found = list(_flat(eval(call, {"torch": torch, **leaves})))
    total: Any = 0
    for out in found:
        if getattr(out, "requires_grad", False):
            weights = torch.cos(torch.arange(float(np.prod(out.shape)), dtype=torch.float64)).reshape(out.shape)
            weighed = (out * weights).sum()
            total = total + (weighed.real + weighed.imag if torch.is_complex(weighed) else weighed)
    if not isinstance(total, int):
        total.backward()
    gradients = {name: _bare(x.grad) for name, x in leaves.items() if x.grad is not None}
    return [_bare(x) for x in found], gradients


def _bare(x: Any) -> Any:
    # clone() makes numbers of what PyTorch keeps as a zero without memory.
    return np.asarray(x.detach().resolve_conj().clone() if hasattr(x, "detach") else x)


def _flat(out: Any) -> Iterator[Any]:
    if isinstance(out, tuple | list):
        for part in out:
            yield from _flat(part)
    else:
        yield out


# --- the store ----------------------------------------------------------------------------------------------------


def packed(x: Any) -> dict[str, Any]:
    """An array as JSON has it."""
    parts = [x.real, x.imag] if x.dtype.kind == "c" else [x]
    numbers = [[float(f"{n:.11g}") if x.dtype.kind in "fc" else n for n in part.ravel().tolist()] for part in parts]
    return {"kind": x.dtype.kind, "shape": list(x.shape), "numbers": numbers}


def unpacked(stored: Mapping[str, Any]) -> Any:
    """The array that `packed` packed."""
    numbers = stored["numbers"]
    flat = np.array(numbers[0]) + 1j * np.array(numbers[1]) if len(numbers) == 2 else np.array(numbers[0])
    return flat.reshape(stored["shape"])


def stored() -> list[dict[str, Any]]:
    """What PyTorch gives: the values and gradients of calls that are alike in both."""
    return list(json.loads(STORE.read_text(encoding="utf-8")))


def store(torch: Any) -> None:
    """Ask PyTorch, and write what it gives."""
    groups: dict[str, list[str]] = {}
    for call in dict.fromkeys(calls()):
        if any(text in call for text in _ELSE):
            continue
        found = answer(call, torch)
        assert found is not None or call not in FIXED, call
        if found is not None:
            packs = {"values": [packed(x) for x in found[0]], "grads": {k: packed(x) for k, x in found[1].items()}}
            groups.setdefault(json.dumps(packs), []).append(call)
    lines = [f'{{"calls": {json.dumps(names)}, {result[1:]}' for result, names in groups.items()]
    STORE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def nearby(seed: int, dtype: Any) -> dict[str, Any]:
    """Other operands, near those that are stored."""
    rng = np.random.default_rng(seed)
    moved = {}
    for name, x in OPERANDS.items():
        noise = 0.05 * rng.uniform(-1, 1, x.shape)
        moved[name] = (
            (x + (noise + noise.T if name == "S" else noise)).astype(
                dtype if x.dtype.kind == "f" else np.result_type(dtype, np.complex64)
            )
            if x.dtype.kind in "fc" and name != "t"
            else x
        )
    return moved


def answer(call: str, torch: Any, operands: Mapping[str, Any] = OPERANDS) -> tuple[list[Any], dict[str, Any]] | None:
    """What PyTorch gives, without gradients where it has none; None where it has no such call."""
    torch.set_default_dtype(torch.float64)
    tensors = {name: torch.tensor(value) for name, value in operands.items()}
    try:
        return evaluated(call, torch, tensors)
    except (AttributeError, TypeError):
        return None
    except (RuntimeError, NotImplementedError):
        try:
            return evaluated(call, torch, tensors, grads=False)
        except RuntimeError:
            return None
