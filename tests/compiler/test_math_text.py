"""The text of the vector math library: every width computes the same, and nothing outside the module is called."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.compiler.vectormath import ALL, DTYPES, VARIANTS, Kernels, kernels, module, texts
from wengert.compiler import llvm, math as vmath
from wengert.compiler.target import target

INTRINSICS = {"fma", "fabs", "copysign", "sqrt", "vector"}


def test_every_width_gives_the_same_bits() -> None:
    # 37 elements leave a tail at every width; some need the slow paths: huge angles, negative gammas, tails of erfinv.
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=27) * 3, [1e6, -1e9, np.inf, np.nan, 0.0, -0.0, 0.9999, -7.5, 300.0, 1e30]])
    y = rng.permutation(x)
    wide = Kernels(ALL, [1, 2, 16])
    for name, arity in vmath.NAMES.items():
        for dtype, fma in [(d, f) for d in DTYPES for f in VARIANTS]:
            expected = kernels()(name, dtype, 8, fma, *(x, y)[:arity])
            for lanes in (1, 2, 16):
                got = wide(name, dtype, lanes, fma, *(x, y)[:arity])
                np.testing.assert_array_equal(got, expected, err_msg=f"{name} {dtype} {lanes=} {fma=}")


@pytest.mark.parametrize("fma", [True, False])
@pytest.mark.parametrize("name", ALL)
def test_plain_instructions(name: str, fma: bool) -> None:
    for dtype in DTYPES:
        text = "\n".join(texts([vmath.function(name, dtype, 4, fma)]).values())
        found = set(re.findall(r"@llvm\.(\w+)", text))
        assert found <= (INTRINSICS if fma else INTRINSICS - {"fma"})
        assert set(re.findall(r"@(\w+)", text)) <= {"llvm", *re.findall(r"@(wg_\w+)", text)}
        # Poison for NaN and ∞, and licence to rearrange what is compensated.
        assert not re.search(r"\b(fptosi|fptoui|fast|reassoc|contract|nnan|ninf|nsz|arcp|afn)\b", text)


def _called(assembly: str) -> set[str]:
    """The names of functions that are called or jumped to."""
    names = re.findall(r"\b(?:callq?|jmpq?|bl|b)[ \t]+([A-Za-z_]\w*)", assembly)
    return {n for n in names if not n.startswith(("wg_", "_wg_"))}


@pytest.mark.parametrize("fma", VARIANTS)
def test_no_function_of_libm_is_needed(fma: bool) -> None:
    text = module([(name, dtype, target().lanes_f64, fma) for name in ALL for dtype in DTYPES])
    assert _called(llvm.assembly(text)) == set()


def test_the_oldest_processor_needs_no_libm(monkeypatch: pytest.MonkeyPatch) -> None:
    # x86-64 without SSE4.1 has no rounding instruction and no FMA; on other machines this is the machine itself.
    if target().triple.startswith("x86_64"):
        monkeypatch.setenv("WENGERT_CPU", "x86-64")
    text = module([(name, dtype, 2, target().fma) for name in ALL for dtype in DTYPES])
    assert _called(llvm.assembly(text)) == set()


def test_inline_or_not() -> None:
    assert "alwaysinline" in vmath.function("exp", "f64", 8).text
    called = vmath.function("exp", "f64", 8, inline=False)
    assert "noinline" in called.text and "alwaysinline" not in called.text


def test_names_and_costs() -> None:
    expected = """exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh
        sigmoid softplus erf erfc erfinv ndtr pow sqrt cbrt hypot fmod remainder lgamma digamma gamma logaddexp"""
    assert set(expected.split()) <= set(vmath.NAMES)
    assert all(vmath.cost(name) > 0 for name in vmath.NAMES)
