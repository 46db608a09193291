"""Programs as text: names, parentheses, and that nothing is read from a name that no longer holds."""

import pytest

from tests.compiler import programs
from wengert.compiler.builder import Builder
from wengert.compiler.loops import Acc, Buffer, For, Index, Library, Program, Store, Update, Var
from wengert.compiler.printing import text

AT = Index()


def one_store(value, code="f64", inputs=()):
    y = Buffer("y", code, 1, "output")
    return text(Program("p", list(inputs), [y], [], [], [Store(y, AT, value)])).splitlines()[1:]


def test_value_and_gradient():
    assert (
        text(programs.rosenbrock())
        == """\
program rosenbrock(x:f64[6]) -> (value:f64[1], g:f64[6])
  for i in 0..5 parallel vector:
    g[i] = 0
  for i in 0..4:
    a = x[i + 1] - x[i] * x[i]
    b = 1 - x[i]
    sum += 100 * a * a + b * b
    g[i] += -400 * a * x[i] - 2 * b
    g[i + 1] += 200 * a  # may meet others
  value[0] = sum"""
    )


def test_what_a_loop_does_not_change_stands_before_it():
    assert (
        text(programs.softmax())
        == """\
program softmax(x:f32[15], s:f32[3]) -> (y:f32[15])
  for i in 0..2 parallel:
    local e:f32[5]
    for j in 0..4 vector:
      top = max(top, x[5*i + j])
    for j in 0..4 vector:
      a = exp(x[5*i + j] - top)
      e[j] = a
      sum += a
    a = exp(s[i])
    for j in 0..4:
      y[5*i + j] = e[j] / sum * a"""
    )


def test_conditions_and_repetition():
    assert (
        text(programs.newton())
        == """\
program newton(x:f64[1]) -> (root:f64[1], steps:i64[1])
  check x[0] >= 0
  root[0] = where(x[0] > 1, x[0], 1)
  steps[0] = 0
  repeat:
    stop unless abs(root[0] * root[0] - x[0]) > 1e-14 * x[0]
    root[0] = 0.5 * (root[0] + x[0] / root[0])
    steps[0] = steps[0] + 1"""
    )


def test_products_branches_and_shared_memory():
    assert (
        text(programs.product())
        == """\
program product(a:f64[6], b:f64[12], flag:b1[1]) -> (c:f64[8], d:f64[12] in b)
  c[0]:2×4 = a[0]:2×3 @ b[0]:3×4
  if flag[0]:
    for i in 0..7 vector:
      c[i] = -c[i]
  else:
    d[0]:3×4 += a[0]:3×2 by 1, 3 @ c[0]:2×4"""
    )


def test_gathers_guards_and_constants():
    assert (
        text(programs.scatter())
        == """\
program scatter(k:i64[5], x:f64[5]) -> (y:f64[4])
  const table:f64[4] = [0.1, inf, -0.0, nan]
  temp t:f64[4]
  for i in 0..3:
    t[i] = 0
  for i in 0..4:
    t[k[i]] += x[i] if k[i] >= 0 and k[i] < 4  # may meet others
  for i in 0..3:
    y[i] = max(t[i], table[3 - i])"""
    )


@pytest.mark.parametrize(
    "make, shown",
    [
        (lambda b, x, y, z: b("sub", x, b("sub", y, z)), "x[0] - (x[1] - x[2])"),
        (lambda b, x, y, z: b("sub", b("sub", x, y), z), "x[0] - x[1] - x[2]"),
        (lambda b, x, y, z: b("mul", b("add", x, y), z), "(x[0] + x[1]) * x[2]"),
        (lambda b, x, y, z: b("div", x, b("mul", y, z)), "x[0] / (x[1] * x[2])"),
        (lambda b, x, y, z: b("neg", b("add", x, y)), "-(x[0] + x[1])"),
        (lambda b, x, y, z: b("mul", b("neg", x), y), "-x[0] * x[1]"),
        (lambda b, x, y, z: b("pow", x, b.const(-2.5, "f64")), "pow(x[0], -2.5)"),
        (lambda b, x, y, z: b("mul", x, b.const(-2, "f64")), "x[0] * -2"),
        (lambda b, x, y, z: b("fma", x, b.select(b("lt", y, z), y, z), z),
         "fma(x[0], where(x[1] < x[2], x[1], x[2]), x[2])"),
        (lambda b, x, y, z: b("not", b("or", b("lt", x, y), b("isnan", z))), "not (x[0] < x[1] or isnan(x[2]))"),
    ],
)  # fmt: skip
def test_parentheses_where_they_are_needed(make, shown):
    b, x = Builder(), Buffer("x", "f64", 3, "input")
    value = make(b, *[b.load(x, Index(k)) for k in range(3)])
    assert one_store(value, inputs=[x]) == [f"  y[0] = {shown}"]


def test_a_name_is_not_used_after_what_it_was_computed_from_has_changed():
    b, x, y = Builder(), Buffer("x", "f64", 2, "input"), Buffer("y", "f64", 2, "output")
    root = b("sqrt", b.load(x, AT))
    other = b("sqrt", b.load(y, AT))
    total = b("add", root, other)
    body = [Store(y, AT, root), Store(y, Index(1), total), Store(y, AT, total), Store(y, Index(1), total)]
    assert text(Program("p", [x], [y], [], [], body)).splitlines()[1:] == [
        "  a = sqrt(x[0])",
        "  y[0] = a",
        "  b = a + sqrt(y[0])",
        "  y[1] = b",
        "  y[0] = b",
        "  c = a + sqrt(y[0])",
        "  y[1] = c",
    ]


def test_an_accumulator_that_is_read_in_its_loop_is_not_taken_out_of_it():
    b, y, i = Builder(), Buffer("y", "f64", 3, "output"), Var(0, 3)
    state = Acc("set", "f64", 1.0)
    step = b("sin", b.acc(state))
    body = [For(i, [Store(y, Index(0, ((i, 1),)), step), Update(state, b("mul", step, step))], [state])]
    assert text(Program("p", [], [y], [], [], body)).splitlines()[1:] == [
        "  state = 1.0",
        "  for i in 0..2:",
        "    a = sin(state)",
        "    y[i] = a",
        "    state = a * a",
    ]


def test_names_avoid_those_of_buffers():
    b, i, a, x = Builder(), Buffer("i", "f64", 2, "input"), Buffer("a", "f64", 2, "input"), Var(0, 2)
    y = Buffer("sum", "f64", 1, "output")
    place = Index(0, ((x, 1),))
    e, total = b("exp", b("add", b.load(i, place), b.load(a, place))), Acc("add", "f64", 0)
    body = [For(x, [Update(total, b("mul", e, e))], [total]), Store(y, AT, b.acc(total))]
    assert text(Program("p", [i, a], [y], [], [], body)).splitlines()[1:] == [
        "  for i1 in 0..1:",
        "    b = exp(i[i1] + a[i1])",
        "    sum1 += b * b",
        "  sum[0] = sum1",
    ]


def test_nothing_is_taken_out_of_an_empty_loop():
    b, x, y, i = Builder(), Buffer("x", "f64", 0, "input"), Buffer("y", "f64", 1, "output"), Var(0, 0)
    body = [For(i, [Store(y, AT, b("exp", b.load(x, AT)))])]
    assert text(Program("p", [x], [y], [], [], body)).splitlines()[1:] == [
        "  for i in 0..-1:",
        "    y[0] = exp(x[0])",
    ]


def test_integers_and_signed_zeros():
    b = Builder()
    assert one_store(b.const(-0.0, "f64")) == ["  y[0] = -0.0"]
    assert one_store(b.const(0.1, "f32"), "f32") == ["  y[0] = 0.1"]
    assert one_store(b.const(2**63 - 1, "i64"), "i64") == ["  y[0] = 9223372036854775807"]


def test_a_guarded_read_a_library_call_and_notes():
    b, x, y, i = Builder(), Buffer("x", "f64", 4, "input"), Buffer("y", "f64", 5, "output"), Var(0, 5)
    place = Index(0, ((i, 1),))
    loop = For(i, [Store(y, place, b.load(x, place, b("lt", b.index(place), b.const(4, "i64"))))])
    program = Program("p", [x], [y], [], [], [loop, Library("sort", (y, 5))])
    program.notes = [(loop, ["slice", "pad"])]
    assert text(program).splitlines()[1:] == [
        "  # slice, pad",
        "  for i in 0..4:",
        "    y[i] = (x[i] if i < 4 else 0)",
        "  sort(y, 5)",
    ]


def test_long_expressions_are_cut_and_deep_ones_can_be_written():
    lines = text(programs.chain(20_000)).splitlines()
    assert max(map(len, lines)) < 200
    assert sum(line.count("sin(") for line in lines) == 20_000
    assert [line for line in lines if line.count("(") != line.count(")")] == []
