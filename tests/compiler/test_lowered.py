"""Programs of strangers, lowered: what the loop IR means, and what C makes of it, is what NumPy gives. No LLVM here."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

from tests.compiler import corpus_arrays, corpus_models  # noqa: F401 (they fill the list)
from tests.compiler.corpus import PROGRAMS
from wengert import tree
from wengert.compiler.csource import function, source
from wengert.compiler.derivatives import Subject, derivative
from wengert.compiler.loops import Program, dtype_of
from wengert.compiler.simulate import simulate
from wengert.errors import MissingRule
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import vjp

CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
KINDS = ("value", "vjp", "jvp")
Case = tuple[str, Program, list[Any], list[Any]]  # name, program, inputs, what eager code gives


def lowered(corpus: Any, kind: str) -> Case | None:
    """A program of the corpus and what eager code gives; None if it has no native form as a whole."""
    try:
        s = Subject(corpus.function, corpus.args(), corpus.name)
        if kind != "value" and s.defaults() == ["value"]:
            return None
        _, program = derivative(s, kind)
    except MissingRule:
        return None
    leaves, extra = list(s.leaves), []
    smooth = [leaves[n] for n in s.smooth]
    with np.errstate(all="ignore"):
        if kind == "value":
            right = s.call(*leaves)
        elif kind == "vjp":
            out, pull = vjp(s.partial(leaves), *smooth)
            extra = [np.cos(np.ones(np.shape(y)) + n).astype(y.dtype) for n, y in enumerate(tree.leaves(out))]
            right = pull(tree.flatten(out)[1].unflatten(extra))
        else:
            extra = [np.sin(np.ones(np.shape(x)) + n).astype(np.asarray(x).dtype) for n, x in enumerate(smooth)]
            right = jvp(s.partial(leaves), tuple(smooth), tuple(extra))
    return f"{corpus.name} {kind}", program, [*leaves, *extra], [np.asarray(x).ravel() for x in tree.leaves(right)]


def same(name: str, found: list[Any], right: list[Any]) -> None:
    for n, (x, y) in enumerate(zip(found, right, strict=True)):
        tolerance = 5e-5 if y.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance, err_msg=f"{name}: result {n}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("corpus", PROGRAMS, ids=[p.name for p in PROGRAMS])
def test_what_the_loops_mean(corpus, kind):
    case = lowered(corpus, kind)
    if case is None:
        pytest.skip("a part of it is NumPy's, or it has no derivative")
    name, program, inputs, right = case
    for backwards in (False, True):
        code, found = simulate(program, inputs, backwards)
        assert code == 0
        same(name, found, right)


@pytest.mark.skipif(CC is None, reason="no C compiler (cc, gcc, clang) is installed")
def test_what_c_makes_of_them(tmp_path):
    cases = [case for kind in KINDS for p in PROGRAMS if (case := lowered(p, kind)) is not None]
    assert len(cases) > 100
    file, library = tmp_path / "all.c", tmp_path / "all.so"
    file.write_text(source([function(p, f"f{n}") for n, (_, p, _, _) in enumerate(cases)]))
    strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O0"]
    done = subprocess.run([CC, *strict, "-fPIC", "-shared", "-o", library, file, "-lm"], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    loaded = ctypes.CDLL(str(library))
    for n, (name, program, inputs, right) in enumerate(cases):
        given = [np.array(x, dtype_of(b.code)).ravel() for b, x in zip(program.inputs, inputs, strict=True)]
        made = [np.full(b.size, 77, dtype_of(b.code)) for b in program.outputs]
        code = loaded[f"f{n}"](*[ctypes.c_void_p(x.ctypes.data) for x in (*given, *made)], None)
        assert code == 0, name
        same(name, made, right)
