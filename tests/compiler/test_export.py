"""Exported libraries, called from processes that know nothing of wengert, and callbacks."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import export as exporting, llvm
from wengert.compiler.target import target
from wengert.compiler.watched import watched
from wengert.errors import InvalidArgument, MissingRule, TracedValue

CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
needs_cc = pytest.mark.skipif(CC is None, reason="no C compiler (cc, gcc, clang) is installed")
needs_llvm = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")
needs_linker = pytest.mark.skipif(
    target().triple != "x86_64-unknown-linux-gnu", reason="shared libraries are made on Linux for x86-64"
)


def rosen(x):
    """Rosenbrock's valley."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def layer(params, x, k=0):
    """A layer, and one of its inputs."""
    return {"y": np.tanh(params["w"] @ x + params["b"]), "z": x[k] * np.ones(2)}


EXAMPLE = ({"w": np.linspace(-1, 1, 12).reshape(3, 4), "b": np.ones(3)}, np.linspace(0, 1, 4), 2)


def call(library, made, name, inputs):
    """Call an exported function by what its prototype says."""
    declared = re.findall(r"(const )?(\w+) (\w+)\[(\d+)\]", made.functions[name])
    codes = {"double": np.float64, "float": np.float32, "int64_t": np.int64, "bool": np.bool_}
    arrays, outputs, given = [], {}, iter(inputs)
    for const, kind, parameter, size in declared:
        x = np.ascontiguousarray(next(given), codes[kind]) if const else np.full(int(size), 77, codes[kind])
        arrays.append(x)
        if not const:
            outputs[parameter] = x
    code = library[name](*[ctypes.c_void_p(x.ctypes.data) for x in arrays], None)
    return code, outputs


@pytest.fixture(params=["shared", "object", "source"])
def built(request, tmp_path):
    """Export a function and load what came of it: the library itself, or the object or source through a C compiler."""
    kind = request.param
    if kind == "shared" and target().triple != "x86_64-unknown-linux-gnu":
        pytest.skip("shared libraries are made on Linux for x86-64")
    if kind != "source" and not llvm.available():
        pytest.skip("llvmlite is not installed")
    if kind != "shared" and CC is None:
        pytest.skip("no C compiler (cc, gcc, clang) is installed")

    def build(f, *specs, **options):
        made = wg.export(f, *specs, path=tmp_path, kind=kind, **options)
        library = tmp_path / f"{made.name}.so"
        if kind != "shared":
            file = made.files[".o" if kind == "object" else ".c"]
            subprocess.run([CC, "-O1", "-fPIC", "-shared", "-o", library, file, "-lm"], check=True)
        return ctypes.CDLL(str(library)), made

    return build


def test_a_scalar_function_and_its_derivatives(built):
    x, v = np.linspace(-1, 2, 40), np.cos(np.arange(40.0))
    kinds = ["value", "gradient", "hessian", "jvp", "vjp"]
    library, made = built(rosen, x, derivatives=kinds)
    gradient, hessian = wg.grad(rosen)(x), wg.hessian(rosen)(x)
    right = {
        "rosen": ([x], {"value": rosen(x)}),
        "rosen_gradient": ([x], {"value": rosen(x), "gradient": gradient}),
        "rosen_hessian": ([x], {"value": rosen(x), "gradient": gradient, "hessian": hessian}),
        "rosen_jvp": ([x, v], {"value": rosen(x), "value_dot": gradient @ v}),
        "rosen_vjp": ([x, 3.0], {"x_bar": 3 * gradient}),
    }
    assert list(made.functions) == list(right)
    for name, (inputs, outputs) in right.items():
        code, found = call(library, made, name, inputs)
        assert code == 0 and list(found) == list(outputs)
        for key, y in outputs.items():
            np.testing.assert_allclose(found[key], np.ravel(y), rtol=1e-12, atol=1e-12, err_msg=f"{name}: {key}")


def test_several_arguments_and_results_in_containers(built):
    library, made = built(layer, *EXAMPLE)
    assert list(made.functions) == ["layer", "layer_jacobian", "layer_jvp", "layer_vjp"]
    params, x, k = EXAMPLE
    flat = [params["w"], params["b"], x, k]
    jacobian = wg.jacobian(lambda p, x: layer(p, x, k), (0, 1))(params, x)
    code, found = call(library, made, "layer_jacobian", flat)
    assert code == 0
    np.testing.assert_allclose(found["value_y"], layer(*EXAMPLE)["y"])
    for result in "yz":
        by_params, by_x = jacobian[result]
        for name, right in (("params_w", by_params["w"]), ("params_b", by_params["b"]), ("x", by_x)):
            np.testing.assert_allclose(found[f"jacobian_value_{result}_{name}"], right.ravel(), atol=1e-15)
    bars = [np.array([1.0, -2.0, 0.5]), np.array([1.0, 2.0])]
    _, pull = wg.vjp(lambda p, x: layer(p, x, k), params, x)
    by_params, by_x = pull({"y": bars[0], "z": bars[1]})
    code, found = call(library, made, "layer_vjp", [*flat, *bars])
    for name, right in (("params_w_bar", by_params["w"]), ("params_b_bar", by_params["b"]), ("x_bar", by_x)):
        np.testing.assert_allclose(found[name], right.ravel(), atol=1e-15)


def test_an_index_out_of_range_is_an_error_code(built):
    library, made = built(layer, *EXAMPLE, derivatives=["value"])
    params, x, _ = EXAMPLE
    assert [call(library, made, "layer", [params["w"], params["b"], x, k])[0] for k in (3, -4, 4, -5)] == [0, 0, 1, 1]


def test_intermediate_arrays_live_in_the_workspace(built):
    def f(x, a):
        y = np.sin(a @ x)
        return np.cumsum(np.exp(y - y.max())) @ a

    n = 64
    rng = np.random.default_rng(0)
    x, a = rng.normal(size=n), rng.normal(size=(n, n))
    library, _ = built(f, wg.Spec((n,), np.dtype(float)), a, derivatives=["value"], name="softly")
    size = library.softly_workspace
    size.restype = ctypes.c_size_t
    assert size() > 0
    out, memory = np.empty(n), ctypes.create_string_buffer(size() + 8)
    for workspace in (None, ctypes.addressof(memory) + 8):
        arrays = [ctypes.c_void_p(v.ctypes.data) for v in (x, a, out)]
        out[:] = np.nan
        assert library.softly(*arrays, ctypes.c_void_p(workspace)) == 0
        np.testing.assert_allclose(out, f(x, a), rtol=1e-10)


def test_constants_float32_and_closed_over_tensors(built):
    w = wg.tensor(np.linspace(0, 1, 50), requires_grad=True)
    table = np.arange(50, dtype=np.float32)

    def f(x):
        return np.sum(x * table), (w * 2).sum(), np.array([1, 2, 3])

    x = np.linspace(0, 1, 50, dtype=np.float32)
    library, made = built(f, x)
    assert list(made.functions) == ["f"]  # an integer result has no derivative
    assert "const float x[50], float value_0[1], double value_1[1], int64_t value_2[3]" in made.functions["f"]
    code, found = call(library, made, "f", [x])
    np.testing.assert_allclose(found["value_0"], np.sum(x * table), rtol=1e-5)
    np.testing.assert_allclose(found["value_1"], 50)
    np.testing.assert_array_equal(found["value_2"], [1, 2, 3])
    assert w.grad is None and w.requires_grad and code == 0


def test_a_compiled_function_and_control_flow(built):
    @wg.jit
    def f(x):
        return wg.fori_loop(0, 5, lambda k, y: np.sin(y) + k * x, x)

    library, made = built(f, np.ones(3), derivatives=["value", "jvp"])
    x, v = np.array([0.1, 0.5, 0.9]), np.array([1.0, 0.0, -1.0])
    y, t = wg.jvp(f, (x,), (v,))
    np.testing.assert_allclose(call(library, made, "f", [x])[1]["value"], y)
    np.testing.assert_allclose(call(library, made, "f_jvp", [x, v])[1]["value_dot"], t)


@needs_llvm
@needs_linker
def test_a_process_without_wengert_and_numpy(tmp_path):
    wg.export(rosen, np.zeros(4), path=tmp_path)
    script = f"""
        import ctypes, sys
        library = ctypes.CDLL({str(tmp_path / "rosen.so")!r})
        x, value, gradient = (ctypes.c_double * 4)(1, 2, 3, 4), ctypes.c_double(), (ctypes.c_double * 4)()
        assert library.rosen_gradient(x, ctypes.byref(value), gradient, None) == 0
        assert not {{"wengert", "numpy", "llvmlite"}} & set(sys.modules)
        print(value.value, *gradient)
    """
    done = subprocess.run([sys.executable, "-I", "-c", textwrap.dedent(script)], capture_output=True, check=True)
    x = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose([float(y) for y in done.stdout.split()], [rosen(x), *wg.grad(rosen)(x)])


@needs_cc
@pytest.mark.parametrize("ending", [".c", ".o", ".so"])
def test_a_c_program(tmp_path, ending):
    if ending != ".c" and not llvm.available():
        pytest.skip("llvmlite is not installed")
    if ending == ".so" and target().triple != "x86_64-unknown-linux-gnu":
        pytest.skip("shared libraries are made on Linux for x86-64")
    kind = {".c": "source", ".o": "object", ".so": "shared"}[ending]
    made = wg.export(rosen, np.zeros(3), path=tmp_path, kind=kind)
    main, program = tmp_path / "main.c", tmp_path / "main"
    main.write_text("""
        #include <stdio.h>
        #include "rosen.h"
        int main(void) {
            double x[3] = {0.5, -1, 2}, value, gradient[3];
            int code = rosen_gradient(x, &value, gradient, NULL);
            printf("%d %.17g %.17g %.17g %.17g", code, value, gradient[0], gradient[1], gradient[2]);
            return 0;
        }
    """)
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", f"-Wl,-rpath,{tmp_path}"]
    subprocess.run([CC, *strict, "-o", program, main, made.files[ending], "-lm"], check=True)
    found = [float(x) for x in subprocess.run([program], capture_output=True, check=True).stdout.split()]
    x = np.array([0.5, -1.0, 2.0])
    np.testing.assert_allclose(found, [0, rosen(x), *wg.grad(rosen)(x)])


def test_the_header_says_what_is_what(tmp_path):
    made = wg.export(layer, *EXAMPLE, path=tmp_path, derivatives=["vjp"], kind="source")
    text = made.files[".h"].read_text()
    assert "layer: A layer, and one of its inputs." in text
    assert " * params_w      in   shape (3, 4), float64\n" in text
    assert " * params_w_bar  out  shape (3, 4), float64; Σ value_y_bar + value_z_bar · d / d params_w\n" in text
    assert "size_t layer_vjp_workspace(void);" in text
    assert '#ifdef __cplusplus\nextern "C" {' in text


def test_what_is_exported_by_default(tmp_path):
    names = lambda f, *specs: list(wg.export(f, *specs, path=tmp_path, name="f", kind="source").functions)
    assert names(rosen, np.zeros(3)) == ["f", "f_gradient", "f_jvp", "f_vjp"]
    assert names(np.sin, np.zeros(3)) == ["f", "f_jacobian", "f_jvp", "f_vjp"]
    assert names(np.sin, np.zeros(3000)) == ["f", "f_jvp", "f_vjp"]  # nine million entries
    assert names(lambda k: k + 1, np.arange(3)) == ["f"]


def test_nothing_is_left_behind_when_writing_fails(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        wg.export(rosen, np.zeros(3), path=tmp_path / "new", kind="source")
    assert os.listdir(tmp_path / "new") == []


def test_what_cannot_be_exported_is_said_with_its_line(tmp_path):
    def refused(error, match, f, *specs, **options):
        with pytest.raises(error, match=match) as info:
            wg.export(f, *specs, path=tmp_path, kind="source", **options)
        assert len(str(info.value).splitlines()) == 3

    x, w = np.zeros(3), wg.ones(3, requires_grad=True)
    refused(MissingRule, r"sort.*\(test_export\.py:\d+\)", lambda x: np.sum(np.sort(np.linalg.eigh(x)[0])), np.eye(3))
    refused(InvalidArgument, "draws random numbers", lambda x: x + wg.randn(3), x)
    refused(InvalidArgument, "writes to a tensor or an argument", lambda x: x.__setitem__(0, 1.0), x)
    refused(InvalidArgument, "writes to a tensor or an argument", lambda x: (w * x).sum().backward(), x)
    refused(TracedValue, "number", lambda x, n: x * len(range(n)), x, 3)
    refused(MissingRule, "dtype complex128", lambda x: x, np.zeros(2, complex))
    refused(InvalidArgument, "returns a str", lambda x: (x, "text"), x)
    refused(InvalidArgument, "the derivative 'laplacian'", rosen, x, derivatives=["laplacian"])
    refused(InvalidArgument, "name='int'", rosen, x, name="int")
    refused(InvalidArgument, "was asked for its gradient", lambda k: k, np.arange(3), derivatives=["gradient"])
    with pytest.raises(InvalidArgument, match="kind='dll'"):
        wg.export(rosen, x, path=tmp_path, kind="dll")
    assert os.listdir(tmp_path) == []


@needs_llvm
def test_elsewhere_the_linker_of_the_system_is_named(tmp_path, monkeypatch):
    mac = target()._replace(triple="arm64-apple-darwin")
    monkeypatch.setattr(exporting, "target", lambda: mac, raising=True)
    with pytest.raises(InvalidArgument, match=r"cc -shared -o librosen\.so rosen\.o"):
        wg.export(rosen, np.zeros(3), path=tmp_path, derivatives=["value"])
    assert sorted(os.listdir(tmp_path)) == ["rosen.c", "rosen.h", "rosen.o"]


def test_missing_data_behind_masks(built):
    """A NaN shows up, and the form in which zeros win takes over."""
    data = np.random.default_rng(0).standard_normal((6, 4))
    gaps = data.copy()
    gaps[::2] = np.nan

    def direct(w, data):
        return np.sum(np.where(np.isnan(data).any(axis=1), 0.0, data @ w) ** 2)

    def in_a_loop(w, data):
        ys = wg.scan(lambda c, row: (c * 0.5, np.sin(row * w) @ w), w * 1.0, data)[1]
        return direct(np.ones(1), np.where(np.isnan(ys), np.nan, ys)[:, None])

    w = np.array([0.1, 0.2, 0.3, 0.4])
    for f in (direct, in_a_loop):
        library, made = built(lambda w, data, f=f: f(w, data), w, data, name=f.__name__, derivatives=["gradient"])
        for given in (data, gaps):
            code, found = call(library, made, f"{f.__name__}_gradient", [w, given])
            expected = wg.grad(f)(w, given)
            assert code == 0 and np.isfinite(expected).all()
            np.testing.assert_allclose(found["gradient_w"], expected, rtol=1e-12)


def test_functions_without_masks_have_one_form():
    graph = wg.jit(wg.grad(lambda w: np.sum((np.ones((6, 4)) @ np.sin(w)) ** 2))).lower(np.ones(4)).graph
    assert watched(graph) is graph
