"""Machine code from the loop IR against its interpreter and NumPy."""

import numpy as np
import pytest

from tests.compiler import programs
from tests.compiler.native import compiled
from wengert.compiler import llvm
from wengert.compiler.builder import COMPARISONS, Builder
from wengert.compiler.loops import Acc, Buffer, Check, For, If, Index, Program, Store, Update, Var, While, dtype_of
from wengert.compiler.simulate import simulate

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

LENGTHS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 257)


def agree(program, *inputs, rtol=1e-12, vector=None):
    """Run both ways; `vector`: make every innermost loop a vector loop."""
    code, right = simulate(program, inputs)
    answer, outputs = compiled(program)(inputs)
    assert answer == code
    for x, y in zip(outputs, right, strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)


def numbers(n, seed=0, dtype=float):
    return np.random.default_rng(seed).normal(size=n).astype(dtype)


@pytest.mark.parametrize("n", [2, 6, 40])
def test_value_and_gradient(n):
    agree(programs.rosenbrock(n), numbers(n))


@pytest.mark.parametrize("code", ["f32", "f64"])
@pytest.mark.parametrize("columns", [1, 3, 5, 16, 37])
def test_rows_with_private_memory(columns, code):
    x, s = numbers(3 * columns), numbers(3)
    agree(programs.softmax(3, columns, code), x, s, rtol=1e-5 if code == "f32" else 1e-13)


def test_repetition_and_checks():
    agree(programs.newton(), [2.0], rtol=1e-14)
    assert compiled(programs.newton())([[-1.0]])[0] == 1


def test_scatter_leaves_out_what_the_guard_does():
    agree(programs.scatter(), [3, 0, 7, 3, -1], [1.0, 2.0, 3.0, 4.0, 5.0])


def test_deep_chains():
    agree(programs.chain(3000), [0.3], rtol=1e-9)


# --- operations -------------------------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, -7.25, 1e300, -1e-300, np.inf, -np.inf, np.nan]
INTEGERS = ("i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8")


def as_vector(program):
    for s in program.body:
        if isinstance(s, For):
            s.vector = True
    return program


def samples(code):
    if code == "b1":
        return np.array([True, False])
    if code[0] == "f":
        with np.errstate(all="ignore"):
            return np.array(SPECIAL).astype(dtype_of(code))
    info = np.iinfo(dtype_of(code))
    small = [0, 1, 2, 3, 7, 13, 100]
    return np.array(
        [*small, *([-x for x in small[1:]] if info.min else []), info.min, info.max, info.max - 1], dtype_of(code)
    )


FLOAT_UNARY = "neg abs floor ceil trunc rint sign sqrt isnan isinf isfinite signbit exp log sin tanh".split()
FLOAT_BINARY = "add sub mul div maximum minimum fmax fmin copysign floordiv mod fmod".split() + sorted(COMPARISONS)
INTEGER_BINARY = "add sub mul maximum minimum floordiv mod fmod and or xor shl shr".split() + sorted(COMPARISONS)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", FLOAT_UNARY)
@pytest.mark.parametrize("code", ["f64", "f32"])
def test_functions_of_floats(op, code, vector):
    x = samples(code)
    program = programs.unary(op, code, len(x))
    agree(as_vector(program) if vector else program, x, rtol=1e-6 if code == "f32" else 1e-14)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", FLOAT_BINARY)
@pytest.mark.parametrize("code", ["f64", "f32"])
def test_operations_of_floats(op, code, vector):
    x, y = [a.ravel() for a in np.meshgrid(samples(code), samples(code))]
    program = programs.binary(op, code, len(x))
    agree(as_vector(program) if vector else program, x, y, rtol=1e-6 if code == "f32" else 1e-14)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", ["neg", "abs", "sign", "not"])
@pytest.mark.parametrize("code", INTEGERS)
def test_functions_of_integers(op, code, vector):
    x = samples(code)
    program = programs.unary(op, code, len(x))
    agree(as_vector(program) if vector else program, x)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", INTEGER_BINARY)
@pytest.mark.parametrize("code", INTEGERS)
def test_operations_of_integers(op, code, vector):
    x, y = [a.ravel() for a in np.meshgrid(samples(code), samples(code))]
    if op in ("shl", "shr"):
        y = (abs(y.astype(np.int64)) % 70).astype(y.dtype)
    program = programs.binary(op, code, len(x))
    answer, outputs = compiled(as_vector(program) if vector else program)([x, y])
    names = {"mul": "multiply", "sub": "subtract", "floordiv": "floor_divide", "and": "bitwise_and", "or": "bitwise_or",
             "xor": "bitwise_xor", "shl": "left_shift", "shr": "right_shift", "eq": "equal", "ne": "not_equal",
             "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}  # fmt: skip
    with np.errstate(all="ignore"):
        right = getattr(np, names.get(op, op))(x, y)
    assert answer == 0
    np.testing.assert_array_equal(outputs[0], right)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("op", ["and", "or", "xor", "eq", "ne", "lt", "maximum", "minimum"])
def test_operations_of_truth(op, vector):
    x, y = [a.ravel() for a in np.meshgrid(samples("b1"), samples("b1"))]
    program = programs.binary(op, "b1", 4)
    agree(as_vector(program) if vector else program, x, y)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("target", ["f64", "f32", "b1", *INTEGERS])
@pytest.mark.parametrize("source", ["f64", "f32", "b1", *INTEGERS])
def test_casts(source, target, vector):
    x = samples(source)
    if source[0] == "f" and target != "b1" and target[0] != "f":
        x = np.array([0.0, 1.5, 100.75, 2.0, 7.999], x.dtype)
        x = x if target[0] == "u" else np.concatenate([x, -x])
    program = programs.cast(source, target, len(x))
    _, outputs = compiled(as_vector(program) if vector else program)([x])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(outputs[0], x.astype(dtype_of(target)))
