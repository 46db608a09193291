"""What C lacks: NumPy's meaning of operations that C does not have, or leaves undefined, as small static functions.

A text is written for a type T (with U, the unsigned one of its size), a code c (f64, i32 ...) and the letter f that C's
float functions end with. One that needs another names it as name_c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["FLOATS", "INTEGERS", "TYPES", "helpers"]

TYPES = {
    "f64": "double", "f32": "float", "i64": "int64_t", "i32": "int32_t", "i16": "int16_t", "i8": "int8_t",
    "u64": "uint64_t", "u32": "uint32_t", "u16": "uint16_t", "u8": "uint8_t", "b1": "bool",
}  # fmt: skip

FLOATS = {
    "maximum": "(T x, T y) { return x > y || x != x ? x : y; }",
    "minimum": "(T x, T y) { return x < y || x != x ? x : y; }",
    "sign": "(T x) { return x != x ? x : (T)((x > 0) - (x < 0)); }",
    # The quotient that belongs to the remainder below: exact up to rounding, also where x / y is not.
    "floordiv": """(T x, T y) {
  T rest, quotient;
  if (y == 0) return x / y;
  rest = fmodf(x, y);
  quotient = (x - rest) / y;
  if (rest != 0 && (rest < 0) != (y < 0)) quotient -= 1;
  return quotient == 0 ? copysignf(0, x / y) : rintf(quotient);
}""",
    # The remainder with the sign of y.
    "mod": """(T x, T y) {
  T rest = fmodf(x, y);
  if (rest == 0) return copysignf(0, y);
  return (rest < 0) != (y < 0) ? rest + y : rest;
}""",
    "sigmoid": """(T x) {
  T e = expf(-fabsf(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}""",
    "softplus": "(T x) { return fmaxf(x, 0) + log1pf(expf(-fabsf(x))); }",
    "logaddexp": """(T x, T y) {
  T d = x - y;
  if (x == y) return x + (T)0.6931471805599453;
  return d > 0 ? x + log1pf(expf(-d)) : d <= 0 ? y + log1pf(expf(d)) : d;
}""",
    "ndtr": "(T x) { return (T)0.5 * erfcf(x * (T)-0.7071067811865476); }",
    # Reflection takes x below 0 to 1 - x, recurrence psi(x) = psi(x + 1) - 1/x up to 10, where the asymptotic series
    # log x - 1/2x - sum B_2k / (2k x^2k) is exact (Abramowitz & Stegun 6.3.5, 6.3.7, 6.3.18).
    "digamma": """(T given) {
  double x = given, sum = 0, z, series;
  if (x <= 0) {
    if (x == 0) return (T)copysign(INFINITY, -x);
    if (x == floor(x)) return NAN;
    sum = -3.141592653589793 / tan(3.141592653589793 * (x - floor(x)));
    x = 1 - x;
  }
  for (; x < 10; x += 1) sum -= 1 / x;
  z = 1 / (x * x);
  series = z * (1 / 12.0 - z * (1 / 120.0 - z * (1 / 252.0 - z * (1 / 240.0 - z * (1 / 132.0 - z * (691 / 32760.0
      - z / 12.0))))));
  return (T)(sum + log(x) - 0.5 / x - series);
}""",
    # S. Winitzki's approximation, good to 0.002, then Halley's iteration, which triples the number of right digits.
    # Close to 1 the defect is taken from erfc, which has digits there.
    "erfinv": """(T given) {
  double y = fabs((double)given), x, l, t, defect, step;
  int k;
  if (!(y < 1)) return y == 1 ? (T)copysign(INFINITY, given) : (T)NAN;
  l = log1p(-y * y);
  t = 4.330746750799873 + l / 2;
  x = sqrt(sqrt(t * t - l / 0.147) - t);
  if (y < 1e-8) x = y * 0.886226925452758;
  for (k = 0; k < 2; k++) {
    defect = y > 0.5 ? (1 - y) - erfc(x) : erf(x) - y;
    step = defect * 0.886226925452758 * exp(x * x);
    x -= step / (1 + x * step);
  }
  return (T)copysign(x, given);
}""",
}

# c = a b or c += a b, of m x k and k x n matrices that are given by the steps from row to row and column to column. The
# inner loop runs along rows of b and c. Compiled with -DWENGERT_CBLAS (and linked with a BLAS) it is that library's.
_GEMM = """(int64_t m, int64_t n, int64_t k, const T *a, int64_t a_row, int64_t a_column,
    const T *b, int64_t b_row, int64_t b_column, T *restrict c, int64_t c_row, int64_t c_column, int add)
{
  int64_t r, j, p;
BLAS  for (r = 0; r < m; r++) {
    if (!add) for (j = 0; j < n; j++) c[r*c_row + j*c_column] = 0;
    for (p = 0; p < k; p++) {
      T x = a[r*a_row + p*a_column];
      for (j = 0; j < n; j++) c[r*c_row + j*c_column] += x * b[p*b_row + j*b_column];
    }
  }
}"""
_BLAS = """#ifdef WENGERT_CBLAS
  int by_rows = a_column == 1 && a_row >= k, by_columns = a_row == 1 && a_column >= m;
  int b_by_rows = b_column == 1 && b_row >= n, b_by_columns = b_row == 1 && b_column >= k;
  if ((by_rows || by_columns) && (b_by_rows || b_by_columns) && c_column == 1 && c_row >= n && m && n && k) {
    cblas_Xgemm(CblasRowMajor, by_rows ? CblasNoTrans : CblasTrans, b_by_rows ? CblasNoTrans : CblasTrans,
        (int)m, (int)n, (int)k, 1, a, (int)(by_rows ? a_row : a_column), b, (int)(b_by_rows ? b_row : b_column),
        add, c, (int)c_row);
    return;
  }
#endif
"""

INTEGERS = {
    "add": "(T x, T y) { return (T)((uint64_t)x + (uint64_t)y); }",
    "sub": "(T x, T y) { return (T)((uint64_t)x - (uint64_t)y); }",
    "mul": "(T x, T y) { return (T)((uint64_t)x * (uint64_t)y); }",
    "neg": "(T x) { return (T)(0 - (uint64_t)x); }",
    "abs": "(T x) { return x < 0 ? (T)(0 - (uint64_t)x) : x; }",
    "not": "(T x) { return (T)~x; }",
    "maximum": "(T x, T y) { return x > y ? x : y; }",
    "minimum": "(T x, T y) { return x < y ? x : y; }",
    "sign": "(T x) { return (T)((x > 0) - (x < 0)); }",
    "fmod": "(T x, T y) { return y == 0 || y == (T)-1 ? 0 : (T)(x % y); }",
    "floordiv": """(T x, T y) {
  if (y == 0) return 0;
  if (y == -1) return (T)(0 - (uint64_t)x);
  return (T)(x / y - (x % y != 0 && (x < 0) != (y < 0)));
}""",
    "mod": """(T x, T y) {
  T rest;
  if (y == 0 || y == -1) return 0;
  rest = (T)(x % y);
  return rest != 0 && (rest < 0) != (y < 0) ? (T)(rest + y) : rest;
}""",
    "shl": "(T x, T n) { return (U)n < 8 * sizeof(T) ? (T)((U)x << n) : 0; }",
    "shr": "(T x, T n) { return (U)n < 8 * sizeof(T) ? (T)(x >> n) : (T)-(x < 0); }",
    "pow": """(T x, T n) {
  uint64_t power = 1, base = (uint64_t)x;
  for (; n > 0; n = (T)(n >> 1)) {
    if (n & 1) power *= base;
    base *= base;
  }
  return (T)power;
}""",
}

# Where "less than zero" would be a warning.
UNSIGNED = {
    "abs": "(T x) { return x; }",
    "sign": "(T x) { return x != 0; }",
    "fmod": "(T x, T y) { return y == 0 ? 0 : (T)(x % y); }",
    "floordiv": "(T x, T y) { return y == 0 ? 0 : (T)(x / y); }",
    "mod": "(T x, T y) { return y == 0 ? 0 : (T)(x % y); }",
    "shr": "(T x, T n) { return n < 8 * sizeof(T) ? (T)(x >> n) : 0; }",
}

# A float as an unsigned number: the conversion that processors do, where C says nothing about negative numbers.
_CASTS = {
    "f64": "(double x) { return x < 9223372036854775808.0 ? (T)(int64_t)x : (T)x; }",
    "f32": "(float x) { return x < 9223372036854775808.0f ? (T)(int64_t)x : (T)x; }",
}


def helpers(wanted: Iterable[tuple[str, str]]) -> list[str]:
    """The definitions of helpers (name, code); `cast_f64` with a code is the cast of an f64 to it."""
    return [_definition(name, code) for name, code in sorted(set(wanted))]


def _definition(name: str, code: str) -> str:
    kind = TYPES[code]
    if name == "gemm":
        blas = _BLAS.replace("X", "d" if code == "f64" else "s") if code[0] == "f" else ""
        text = re.sub(r"\bT\b", kind, _GEMM.replace("BLAS", blas))
        return f"static void gemm_{code}{text}"
    if name.startswith("cast_"):
        text = _CASTS[name[5:]]
    else:
        known = FLOATS if code[0] == "f" else INTEGERS | UNSIGNED if code[0] == "u" else INTEGERS
        text = known[name]
    text = re.sub(r"\bT\b", kind, text)
    text = re.sub(r"\bU\b", kind if kind.startswith("u") else "u" + kind, text)
    if code == "f64":
        text = re.sub(r"\b(fmod|copysign|rint|exp|fabs|fmax|log1p|erfc)f\b", r"\1", text)
    return f"static inline {kind} {name}_{code}{text}"
