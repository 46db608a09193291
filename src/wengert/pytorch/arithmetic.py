"""PyTorch's functions of single entries, each a line over NumPy's; the package says whose meaning wins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import TABLE
from wengert.pytorch.spelled import special, writable

__all__ = [
    "addcdiv", "addcmul", "clamp", "clamp_max", "clamp_min", "complex", "conj_physical", "digamma", "div", "erf",
    "erfc", "erfinv", "fill", "frac", "igamma", "igammac", "lerp", "lgamma", "logit", "mul", "mvlgamma", "polar",
    "polygamma", "relu", "resolve_conj", "resolve_neg", "rsqrt", "rsub", "sgn", "sigmoid", "sub", "view_as_complex",
    "view_as_real", "xlogy",
]  # fmt: skip


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Input − alpha other."""
    return np.subtract(input, other if alpha == 1 else np.multiply(alpha, other))


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Other − alpha input."""
    return sub(other, input, alpha=alpha)


def mul(input: Any, other: Any) -> Any:
    """The product."""
    return np.multiply(input, other)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """Input / other, rounded as ``"floor"`` or ``"trunc"`` say."""
    if rounding_mode == "floor":
        return np.floor_divide(input, other)
    if rounding_mode != "trunc":
        return np.divide(input, other)
    if np.result_type(input, other).kind in "iu":
        # What fmod leaves has the sign of `input`: without it the division is exact.
        return np.floor_divide(np.subtract(input, np.fmod(input, other)), other)
    return np.trunc(np.divide(input, other))


def rsqrt(input: Any) -> Any:
    """1 / √x."""
    return 1 / np.sqrt(input)


def frac(input: Any) -> Any:
    """What follows the decimal point."""
    return input - np.trunc(input)


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """Values limited to an interval; its ends may be arrays."""
    return np.clip(input, min, max)


def clamp_min(input: Any, min: Any) -> Any:
    """Values limited from below."""
    return np.clip(input, min, None)


def clamp_max(input: Any, max: Any) -> Any:
    """Values limited from above."""
    return np.clip(input, None, max)


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """The way from `input` to `end`, `weight` of it gone."""
    return input + weight * (end - input)


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Input + value tensor1 tensor2."""
    return input + value * (tensor1 * tensor2)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """Input + value tensor1 / tensor2."""
    return input + value * (tensor1 / tensor2)


def sgn(input: Any) -> Any:
    """The sign; of complex numbers z / |z|."""
    return np.sign(input)


def fill(input: Any, value: Any) -> Any:
    """One value in the shape and dtype of `input`."""
    out = writable(input)
    out[...] = value
    return out


# --- special functions; those that no formula stands for need SciPy ---------------------------------------------


def sigmoid(input: Any) -> Any:
    """1 / (1 + e⁻ˣ)."""
    return TABLE["expit"](input)


def relu(input: Any) -> Any:
    """max(x, 0), with derivative 0 at 0."""
    return TABLE["relu"](input)


def logit(input: Any, eps: float | None = None) -> Any:
    """ln (x / (1 − x)), of x limited to [eps, 1 − eps]."""
    return special("logit", input if eps is None else np.clip(input, eps, 1 - eps))


def erf(input: Any) -> Any:
    """The error function; needs SciPy."""
    return special("erf", input)


def erfc(input: Any) -> Any:
    """1 − erf; needs SciPy."""
    return special("erfc", input)


def erfinv(input: Any) -> Any:
    """The inverse of erf; needs SciPy."""
    return special("erfinv", input)


def lgamma(input: Any) -> Any:
    """ln |Γ(x)|; needs SciPy."""
    return special("gammaln", input)


def digamma(input: Any) -> Any:
    """The derivative of `lgamma`; needs SciPy."""
    return special("psi", input)


def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of `digamma`; as a method ``x.polygamma(n)``; needs SciPy."""
    out = special("polygamma", n, input)
    return out.astype(np.float32) if getattr(input, "dtype", None) == np.float32 else out


def mvlgamma(input: Any, p: int) -> Any:
    """The logarithm of the multivariate gamma function of p dimensions; needs SciPy."""
    # Γₚ(x) = π^(p(p-1)/4) Π Γ(x - j/2) over j = 0 ... p - 1.
    below = np.expand_dims(input, -1) - (np.arange(p) / 2).astype(np.result_type(input, np.float16))
    return np.sum(lgamma(below), axis=-1) + p * (p - 1) / 4 * math.log(math.pi)


def igamma(input: Any, other: Any) -> Any:
    """The regularised lower incomplete gamma function P(input, other); needs SciPy."""
    return special("gammainc", input, other)


def igammac(input: Any, other: Any) -> Any:
    """The regularised upper incomplete gamma function Q(input, other); needs SciPy."""
    return special("gammaincc", input, other)


def xlogy(input: Any, other: Any) -> Any:
    """Input ln other, 0 where the input is 0; needs SciPy."""
    return special("xlogy", input, other)


# --- complex numbers --------------------------------------------------------------------------------------------


def complex(real: Any, imag: Any) -> Any:
    """Complex numbers of their parts.

    >>> import wengert as wg
    >>> wg.complex(wg.ones(2), wg.zeros(2))
    tensor([1.+0.j, 1.+0.j], dtype=complex128)
    """
    lengths = np.broadcast_shapes(np.shape(real), np.shape(imag))
    out = writable(np.zeros(lengths, np.result_type(real, imag, np.complex64)))
    out.real, out.imag = real, imag
    return out


def polar(abs: Any, angle: Any) -> Any:
    """Complex numbers of their lengths and angles."""
    return complex(abs * np.cos(angle), abs * np.sin(angle))


def view_as_real(input: Any) -> Any:
    """The real and imaginary parts along a new last axis (a copy: the numbers have no bytes to share)."""
    return np.stack([np.real(input), np.imag(input)], axis=-1)


def view_as_complex(input: Any) -> Any:
    """Complex numbers of the pairs along the last axis (a copy)."""
    return complex(input[..., 0], input[..., 1])


def conj_physical(input: Any) -> Any:
    """The complex conjugate."""
    return np.conj(input)


def resolve_conj(input: Any) -> Any:
    """The input: a conjugate is always computed here, never postponed."""
    return input


def resolve_neg(input: Any) -> Any:
    """The input: a negative is always computed here, never postponed."""
    return input
