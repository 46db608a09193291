"""Vector loops against the interpreter, which knows no lanes: accesses, conditions, accumulators, private memory."""

import numpy as np
import pytest

from tests.compiler.native import compiled
from tests.compiler.programs import at, given, made
from tests.compiler.test_emit import LENGTHS, agree, numbers
from wengert.compiler import llvm
from wengert.compiler.builder import Builder
from wengert.compiler.config import config
from wengert.compiler.emit import emit, scope
from wengert.compiler.loops import Acc, Buffer, Check, For, If, Index, Program, Store, Update, Var, While, dtype_of

pytestmark = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")


def loop(var, body, *accs, **kind):
    return For(var, body, list(accs), vector=True, **kind)


def reach(n, stride, offset):
    """How large a buffer must be for stride·i + offset, and the constant that makes it so for a negative stride."""
    return abs(stride) * (n - 1) + 1 + offset, offset + (-stride * (n - 1) if stride < 0 else 0)


# --- accesses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 5, 8, 19, 64])
@pytest.mark.parametrize("code", ["f64", "f32", "i32", "b1", "u8"])
@pytest.mark.parametrize("stride", [0, 1, -1, 2, 3, -2, 5, 8, 11, 40])
def test_strides(stride, code, n):
    i, b = Var(0, n), Builder()
    size, const = reach(n, stride, 2)
    x, y, z = given("x", code, size), made("y", code, n), given("z", code, max(size, n))
    w = made("w", code, max(size, n))
    w.reuses = z
    entry = b.load(x, at((i, stride), const=const) if stride else Index(const))
    body = [Store(y, at((i, 1)), entry)]
    if stride:
        body.append(Store(w, at((i, stride), const=const), b.load(y, at((i, 1)))))
    program = Program("strides", [x, z], [y, w], [], [], [loop(i, body)])
    data = numbers(max(size, n)) * 100
    given_data = (
        [data[:size] > 0, data < 5] if code == "b1" else [np.abs(data[:size]).astype(dtype_of(code)), abs(data)]
    )
    agree(program, *given_data)


@pytest.mark.parametrize("n", [1, 3, 8, 21, 32])
@pytest.mark.parametrize("fields", [2, 3, 4, 5, 7])
def test_arrays_of_structures(fields, n):
    """y[i] = (x[i] reversed, each times its place), all fields of one i in one iteration."""
    i, b = Var(0, n), Builder()
    x, y = given("x", "f64", fields * n), made("y", "f64", fields * n)
    parts = [b("mul", b.load(x, at((i, fields), const=k)), b.const(k + 1, "f64")) for k in range(fields)]
    body = [Store(y, at((i, fields), const=k), parts[-1 - k]) for k in range(fields)]
    agree(Program("aos", [x], [y], [], [], [loop(i, body)]), numbers(fields * n))


def test_fields_that_are_read_back_between_their_stores():
    n, i, b = 19, Var(0, 19), Builder()
    x, y = given("x", "f64", n), made("y", "f64", 2 * n)
    first = b.load(y, at((i, 2)))
    body = [
        Store(y, at((i, 2)), b.load(x, at((i, 1)))),
        Store(y, at((i, 2), const=1), b("mul", first, first)),
        Store(y, at((i, 2)), b("neg", first)),
    ]
    agree(Program("back", [x], [y], [], [], [loop(i, body)]), numbers(n))


@pytest.mark.parametrize("n", LENGTHS)
def test_gather_and_scatter(n):
    i, b, rng = Var(0, n), Builder(), np.random.default_rng(n)
    k, x = given("k", "i64", n), given("x", "f32", n + 5)
    y, z = made("y", "f32", n + 3), made("z", "f64", n)
    start = given("start", "f32", n + 3)
    y.reuses = start
    place = b.load(k, at((i, 1)))
    inside = b("lt", place, b.const(n + 3, "i64"))
    body = [
        Store(z, at((i, 1)), b.cast(b.load(x, Index(0, ((i, 1),), ())), "f64")),
        Store(y, Index(0, (), ((place, 1),)), b.load(x, Index(2, (), ((place, 1),)), inside), inside),
    ]
    agree(Program("gather", [k, x, start], [y, z], [], [], [loop(i, body)]), rng.permutation(n + 6)[:n], numbers(n + 5),
          np.zeros(n + 3))  # fmt: skip


@pytest.mark.parametrize("n", LENGTHS)
def test_lanes_that_meet(n):
    i, b, rng = Var(0, n), Builder(), np.random.default_rng(n)
    k, x, start, y = given("k", "i64", n), given("x", "f64", n), given("s", "f64", 4), made("y", "f64", 4)
    y.reuses = start
    place, positive = b.load(k, at((i, 1))), b("gt", b.load(x, at((i, 1))), b.const(-0.5, "f64"))
    body = [
        Store(y, Index(0, (), ((place, 1),)), b.load(x, at((i, 1))), positive, "add", clash=True),
        Store(y, Index(3), b.load(x, at((i, 1))), None, "add", clash=True),
    ]
    agree(Program("meet", [k, x, start], [y], [], [], [loop(i, body)]), rng.integers(0, 3, n), numbers(n), np.ones(4))


def test_adding_with_a_stride():
    n, i, b = 21, Var(0, 21), Builder()
    x, start, y = given("x", "f64", n), given("s", "f64", 2 * n), made("y", "f64", 2 * n)
    y.reuses = start
    body = [Store(y, at((i, 2), const=1), b.load(x, at((i, 1))), None, "add")]
    agree(Program("adding", [x, start], [y], [], [], [loop(i, body)]), numbers(n), numbers(2 * n))


# --- accumulators ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("code", ["f64", "f32", "i64", "u8", "i16", "b1"])
@pytest.mark.parametrize("op", ["add", "mul", "maximum", "minimum", "and", "or"])
def test_accumulators(op, code, n):
    if op in ("and", "or") and code[0] == "f":
        op = "maximum"
    i, b = Var(0, n), Builder()
    x, y = given("x", code, n), made("y", code, 1)
    acc = Acc(op, code, 1)
    program = Program(
        "acc", [x], [y], [], [], [loop(i, [Update(acc, b.load(x, at((i, 1))))], acc), Store(y, Index(), b.acc(acc))]
    )
    x = numbers(n) + (2 if op == "mul" else 0)
    x = x > 0 if code == "b1" else np.abs(x * 3).astype(dtype_of(code)) if code[0] != "f" else x
    if code[0] == "f":
        agree(program, x, rtol=1e-4 if code == "f32" else 1e-12)
    else:
        _, (result,) = compiled(program)([x])
        with np.errstate(all="ignore"):
            start = dtype_of(code).type(1)
            name = {"add": "add", "mul": "multiply", "and": "bitwise_and", "or": "bitwise_or"}.get(op, op)
            function = getattr(np, name)
            right = function(start, function.reduce(x, dtype=x.dtype))
        assert result[0] == right


@pytest.mark.parametrize("op", ["maximum", "minimum"])
def test_extremes_keep_nans(op):
    n, i, b = 37, Var(0, 37), Builder()
    x, y, acc = given("x", "f64", n), made("y", "f64", 1), Acc(op, "f64", 0.0)
    program = Program(
        "nan", [x], [y], [], [], [loop(i, [Update(acc, b.load(x, at((i, 1))))], acc), Store(y, Index(), b.acc(acc))]
    )
    data = numbers(n)
    data[17] = np.nan
    assert np.isnan(compiled(program)([data])[1][0][0])


@pytest.mark.parametrize("code", ["f64", "f32"])
@pytest.mark.parametrize("n", [70_000, 1_000_003])
def test_long_sums_are_accurate(n, code):
    i, b = Var(0, n), Builder()
    x, y, acc = given("x", code, n), made("y", code, 1), Acc("add", code, 0.0)
    body = [loop(i, [Update(acc, b.load(x, at((i, 1))))], acc), Store(y, Index(), b.acc(acc))]
    data = (numbers(n) ** 2).astype(dtype_of(code))
    _, (total,) = compiled(Program("long", [x], [y], [], [], body))([data])
    assert abs(total[0] - data.astype(float).sum()) < 4 * np.finfo(data.dtype).eps * total[0]


def heavy(n):
    """exp(sin(x)) of every entry and their sum, and a check."""
    i, b = Var(0, n), Builder()
    x, y, s, acc = given("x", "f64", n), made("y", "f64", n), made("s", "f64", 1), Acc("add", "f64", 1.0)
    value = b("exp", b("sin", b.load(x, at((i, 1)))))
    check = Check(b("lt", b.load(x, at((i, 1))), b.const(100, "f64")))
    body = [
        loop(i, [check, Store(y, at((i, 1)), value), Update(acc, value)], acc, parallel=True),
        Store(s, Index(), b.acc(acc)),
    ]
    return Program("heavy", [x], [y, s], [], [], body)


def test_the_result_does_not_depend_on_the_number_of_threads():
    n = 400_003
    run, x = compiled(heavy(n)), numbers(n)
    threads, results = config.threads, []
    try:
        for number in (1, 2, 5):
            config.threads = number
            results.append(run([x]))
    finally:
        config.threads = threads
    np.testing.assert_allclose(results[0][1][0], np.exp(np.sin(x)), rtol=1e-14)
    np.testing.assert_allclose(results[0][1][1], 1 + np.exp(np.sin(x)).sum(), rtol=1e-14)
    for code, outputs in results:
        assert code == 0
        for one, other in zip(outputs, results[0][1], strict=True):
            np.testing.assert_array_equal(one, other)
    x[-1] = 200
    assert run([x])[0] == 1


def test_parallel_rows():
    """A parallel loop that is not a vector loop, with vector loops inside; it reads an accumulator of another."""
    rows, columns, b = 700, 333, Builder()
    h, i, j, k = Var(0, rows * columns), Var(0, rows), Var(0, columns), Var(0, columns)
    x, y = given("x", "f64", rows * columns), made("y", "f64", rows)
    top, total, overall = Acc("maximum", "f64", -np.inf), Acc("add", "f64", 0), Acc("add", "f64", 0)
    s = made("s", "f64", 1)
    e = Buffer("e", "f64", columns, "local")
    body = [
        For(
            j, [Store(e, at((j, 1)), b("exp", b("sub", b.load(x, at((i, columns), (j, 1))), b.acc(top))))], vector=True
        ),
        For(k, [Update(total, b.load(e, at((k, 1)))), Update(overall, b.load(e, at((k, 1))))], [total], vector=True),
        Store(y, at((i, 1)), b("log", b.acc(total))),
    ]
    program = Program("rows", [x], [y, s], [], [], [
        loop(h, [Update(top, b.load(x, at((h, 1))))], top),
        For(i, body, [overall], [e], parallel=True),
        Store(s, Index(), b.acc(overall)),
    ])  # fmt: skip
    data = numbers(rows * columns)
    code, (got, whole) = compiled(program)([data])
    right = np.exp(data.reshape(rows, columns) - data.max()).sum(1)
    assert code == 0
    np.testing.assert_allclose(got, np.log(right), rtol=1e-13)
    np.testing.assert_allclose(whole, right.sum(), rtol=1e-13)


# --- conditions, loops and private memory in lanes --------------------------------------------------------------------


@pytest.mark.parametrize("n", LENGTHS)
def test_serial_loops_in_lanes(n):
    """Horner's rule with coefficients that differ by lane, in a local buffer that one loop fills, another reads."""
    i, j, k, b, terms = Var(0, n), Var(0, 4), Var(0, 4), Builder(), 4
    x, c, y = given("x", "f64", n), given("c", "f64", terms), made("y", "f64", n)
    p = Buffer("p", "f64", terms, "local")
    xi, acc = b.load(x, at((i, 1))), Acc("set", "f64", 0.0)
    body = [
        For(j, [Store(p, at((j, 1)), b("mul", b.load(c, at((j, 1))), xi))]),
        For(k, [Update(acc, b("add", b("mul", b.acc(acc), xi), b.load(p, at((k, 1)))))], [acc]),
        Store(p, Index(0), b("add", b.load(p, Index(3)), b.load(p, Index(0)))),
        Store(y, at((i, 1)), b("add", b.acc(acc), b.load(p, Index(0)))),
    ]
    agree(Program("horner", [x, c], [y], [], [], [loop(i, body, locals=[p])]), numbers(n), numbers(terms, 1))


@pytest.mark.parametrize("n", LENGTHS)
def test_branches_in_lanes(n):
    i, b = Var(0, n), Builder()
    x, y, s = given("x", "f64", n), made("y", "f64", n), made("s", "f64", 1)
    p, total = Buffer("p", "f64", 1, "local"), Acc("add", "f64", 0.0)
    xi, here, mine = b.load(x, at((i, 1))), at((i, 1)), b.load(p, Index())
    large = b("gt", xi, b.const(1, "f64"))
    body = [
        Store(p, Index(), xi),
        If(b("gt", xi, b.const(0, "f64")),
           [Store(p, Index(), b("sqrt", xi)), Update(total, mine), If(large, [Store(p, Index(), b("neg", mine))], [])],
           [Store(p, Index(), b("mul", xi, xi)), Store(y, here, mine), Update(total, b.const(10, "f64"))]),
        Store(y, here, b("add", mine, b.load(y, here)), b("not", b("gt", xi, b.const(0, "f64")))),
        Store(y, here, mine, b("gt", xi, b.const(0, "f64"))),
    ]  # fmt: skip
    program = Program(
        "branches", [x], [y, s], [], [], [loop(i, body, total, locals=[p]), Store(s, Index(), b.acc(total))]
    )
    agree(program, numbers(n))


@pytest.mark.parametrize("n", LENGTHS)
def test_lanes_that_leave_a_loop_at_different_times(n):
    """Newton's iteration for a square root in every lane, the steps counted."""
    i, b = Var(0, n), Builder()
    x, y, steps = given("x", "f64", n), made("y", "f64", n), made("k", "i64", n)
    r, k = Buffer("r", "f64", 1, "local"), Buffer("k", "i64", 1, "local")
    a, root, count, here = b.load(x, at((i, 1))), b.load(r, Index()), b.load(k, Index()), at((i, 1))
    error = b("abs", b("sub", b("mul", root, root), a))
    halved = b("mul", b.const(0.5, "f64"), b("add", root, b("div", a, root)))
    body = [
        Store(r, Index(), b.const(1, "f64")),
        Store(k, Index(), b.const(0, "i64")),
        While([], b("gt", error, b("mul", b.const(1e-6, "f64"), a)),
              [Store(r, Index(), halved), Store(k, Index(), b("add", count, b.const(1, "i64")))]),
        Store(y, here, root),
        Store(steps, here, count),
    ]  # fmt: skip
    agree(Program("roots", [x], [y, steps], [], [], [loop(i, body, locals=[r, k])]), np.exp(3 * numbers(n)))


def test_checks_in_lanes():
    n, i, b = 21, Var(0, 21), Builder()
    x = given("x", "f64", n)
    run = compiled(
        Program("checks", [x], [], [], [], [loop(i, [Check(b("lt", b.load(x, at((i, 1))), b.const(1, "f64")))])])
    )
    data = np.zeros(n)
    assert run([data])[0] == 0
    for k in (0, 9, 20):
        data[:] = 0
        data[k] = 1
        assert run([data])[0] == 1


def test_indices_as_numbers():
    i, j, b = Var(0, 5), Var(1, 20), Builder()
    y = made("y", "f64", 100)
    value = b.cast(b.index(at((i, 10), (j, -3), const=7)), "f64")
    agree(Program("indices", [], [y], [], [], [
        loop(Var(0, 100), [], ), For(i, [loop(j, [Store(y, at((i, 20), (j, 1)), value)])]),
        *[Store(y, Index(20 * k), b.const(0, "f64")) for k in range(5)],
    ]))  # fmt: skip


# --- memory that changes --------------------------------------------------------------------------------------


def test_a_value_is_computed_anew_after_a_store():
    b, i, j = Builder(), Var(0, 3), Var(0, 10)
    x, y, t = given("x", "f64", 10), made("y", "f64", 10), Buffer("t", "f64", 2, "temp")
    twice = b("mul", b.load(t, Index()), b.const(2, "f64"))
    body = [
        Store(t, Index(), b.load(x, Index(1))),
        Store(y, Index(0), twice),
        Store(t, Index(), twice),
        Store(y, Index(1), twice),
        For(i, [Store(t, Index(), twice), Store(y, at((i, 1), const=2), twice)]),
        loop(
            j,
            [
                Store(
                    y,
                    at((j, 1)),
                    b("add", b.load(y, at((j, 1))), twice),
                    b("gt", b.index(at((j, 1))), b.const(4, "i64")),
                )
            ],
        ),
        *[Store(y, Index(k), b.const(k, "f64")) for k in range(5, 10)],
    ]
    agree(Program("anew", [x], [y], [], [t], body), numbers(10))


def test_time_steps_in_place():
    """u[i] += ... for many steps, two arrays that take turns, a vector loop inside a serial one."""
    n, b, step, i, j, k = 33, Builder(), Var(0, 7), Var(1, 32), Var(1, 32), Var(0, 33)
    x, u, v = given("x", "f64", n), made("u", "f64", n), Buffer("v", "f64", n, "temp")
    here = at((i, 1))
    laplace = b("sub", b("add", b.load(u, at((i, 1), const=1)), b.load(u, at((i, 1), const=-1))),
                b("mul", b.const(2, "f64"), b.load(u, here)))  # fmt: skip
    new = b("add", b.load(u, here), b("mul", b.const(0.1, "f64"), laplace))
    body = [
        loop(k, [Store(u, at((k, 1)), b.load(x, at((k, 1))))]),
        For(step, [loop(i, [Store(v, here, new)]), loop(j, [Store(u, at((j, 1)), b.load(v, at((j, 1))))])]),
    ]
    agree(Program("heat", [x], [u], [], [v], body), numbers(n))


def test_temps_share_the_arena():
    n, b = 50, Builder()
    x, y = given("x", "f64", n), made("y", "f64", n)
    temps = [Buffer(f"t{k}", "f64", n, "temp") for k in range(6)]
    body, source = [], x
    for t in [*temps, y]:
        i = Var(0, n)
        body.append(loop(i, [Store(t, at((i, 1)), b("add", b.load(source, at((i, 1))), b.const(1, "f64")))]))
        source = t
    program = Program("arena", [x], [y], [], temps, body)
    assert emit(program, llvm.target()).arena_bytes <= 2 * 448
    agree(program, numbers(n))


@pytest.mark.parametrize("n", [5, 8, 21, 40])
@pytest.mark.parametrize("code", ["f64", "f32", "i32"])
@pytest.mark.parametrize("stride, fields", [(2, 2), (4, 4), (3, 2), (8, 8), (11, 11), (30, 20), (-3, 3), (4, 3)])
def test_rows(stride, fields, code, n):
    """z[i] = reversed fields of x[i]; w[k[i]] likewise of x[k[i]], where that is wanted."""
    i, b, rng = Var(0, n), Builder(), np.random.default_rng(0)
    size, const = reach(n, stride, 0)
    size += fields - 1
    x, k, y, z = given("x", code, size), given("k", "i64", n), given("y", code, size), given("z", code, size)
    w, v = made("w", code, size), made("v", code, size)
    w.reuses, v.reuses = y, z
    place = b.load(k, at((i, 1)))
    wanted = b("gt", b.load(k, at((i, 1))), b.const(n // 2, "i64"))
    own = [b.load(x, at((i, stride), const=const + c)) for c in range(fields)]
    other = [b.load(x, Index(const + c, (), ((place, stride),)), wanted) for c in range(fields)]
    two = b.const(2, code)
    body = [
        *[Store(w, at((i, stride), const=const + c), b("mul", own[-1 - c], two)) for c in range(fields)],
        *[
            Store(v, Index(const + c, (), ((place, stride),)), b("add", other[-1 - c], two), wanted)
            for c in range(fields)
        ],
    ]
    data = [(numbers(size, s) * 100).astype(dtype_of(code)) for s in range(3)]
    agree(Program("rows", [x, k, y, z], [w, v], [], [], [loop(i, body)]), data[0], rng.permutation(n), *data[1:])


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("lanes", [False, True])
def test_private_memory_may_be_large(lanes, parallel):
    """Too large for a thread's stack: each row is reversed through a local buffer, row by row or in lanes."""
    rows, columns, b = 40, 20_000, Builder()
    i, j, k = Var(0, rows), Var(0, columns), Var(0, columns)
    x, y, e = given("x", "f64", rows * columns), made("y", "f64", rows * columns), Buffer("e", "f64", columns, "local")
    value = b("exp", b.load(x, at((i, columns), (j, 1))))
    body = [
        For(j, [Store(e, at((j, 1)), value)], vector=not lanes),
        For(k, [Store(y, at((i, columns), (k, 1)), b.load(e, at((k, -1), const=columns - 1)))], vector=not lanes),
    ]
    program = Program("large", [x], [y], [], [], [For(i, body, locals=[e], parallel=parallel, vector=lanes)])
    data = numbers(rows * columns)
    _, (got,) = compiled(program)([data])
    np.testing.assert_allclose(got.reshape(rows, columns), np.exp(data).reshape(rows, columns)[:, ::-1], rtol=1e-14)


# --- long code ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [10, 50, 2000])
def test_long_code_is_many_functions(lines, monkeypatch):
    """What earlier parts computed, summed, stored and checked is there in later ones, as long as it is right."""
    monkeypatch.setattr(scope, "LONG", lines)
    n, b, i, k = 10, Builder(), Var(0, 10), Var(0, 3)
    x, y, t = given("x", "f64", n), made("y", "f64", n), Buffer("t", "f64", 2, "temp")
    total, acc = Acc("add", "f64", 0.0), Acc("set", "f64", b.load(x, Index(2)))
    state, weight = [b.load(x, Index(k)) for k in range(4)], b.const(0.01, "f64")
    twice = b("mul", b.load(t, Index()), b.const(2, "f64"))
    start = b("add", state[1], twice)
    for step in range(400):
        p, q = state[step % 4], state[(step + 1) % 4]
        state[step % 4] = b("add", p, b("mul", weight, b("mul", q, b("add", q, start) if step % 50 == 0 else q)))
    flag = b("lt", state[3], b.const(1e9, "f64"))
    body = [
        Store(t, Index(), b.load(x, Index(0))),
        For(i, [Update(total, b.load(x, at((i, 1))))], [total], vector=True),
        Store(y, Index(0), state[0]),
        Check(flag),
        Store(t, Index(), twice),
        Store(y, Index(1), b("add", b("sub", state[3], state[2]), b.acc(total))),
        Store(y, Index(2), twice),
        For(k, [Update(acc, b("mul", b.acc(acc), state[1])), Store(t, Index(1), b.acc(acc))], [acc]),
        Store(y, Index(3), b("add", b.acc(acc), b("mul", start, b.load(t, Index(1))))),
        Store(y, Index(4), b.select(flag, state[2], twice)),
        *[Store(y, Index(j), b("mul", state[1], b.const(j, "f64"))) for j in range(5, n)],
    ]
    program = Program("long", [x], [y], [], [t], body)
    assert emit(program, llvm.target()).text.count("define internal i32 @part") >= 2000 // lines
    agree(program, 0.1 * numbers(n))
    bad = 0.1 * numbers(n)
    bad[3] = 1e10
    assert compiled(program)([bad])[0] == 1
