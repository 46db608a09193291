"""The other libraries and the C compiler, loaded when a row asks for them; what is missing is said, not hidden."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import importlib
import io
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "Hand",
    "Missing",
    "casadi_run",
    "compiled",
    "jax_gradient",
    "jax_run",
    "jax_value",
    "need",
    "rng",
    "torch_gradient",
    "torch_value",
]

HAND = Path(__file__).parent / "hand"
FLAGS = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]

# Set by `scripts/bench jit --quick`: torch.compile needs about 20 s for the first function.
QUICK = "WENGERT_BENCH_QUICK"


class Missing(Exception):
    """Why a contestant cannot take part."""


@functools.cache
def need(name: str) -> Any:
    """A peer, set to double precision and one thread."""
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise Missing(f"no {name.partition('.')[0]}") from error
    if name == "jax":
        module.config.update("jax_enable_x64", True)
    if name == "torch":
        module.set_num_threads(1)
    return module


def rng(seed: int = 0) -> np.random.Generator:
    """Random numbers, the same in every run."""
    return np.random.default_rng(seed)


# --- JAX --------------------------------------------------------------------------------------------------


def jax_run(function: Callable[..., Any], args: Sequence[Any]) -> Callable[[], Any]:
    """Runs of a compiled function of JAX arrays that wait for the result."""
    jax = need("jax")
    own = [jax.numpy.asarray(a) if isinstance(a, np.ndarray) else a for a in args]
    return lambda: jax.block_until_ready(function(*own))


def jax_value(f: Callable[..., Any], args: Sequence[Any]) -> Callable[[], Any]:
    """Runs of jax.jit(f)."""
    jax = need("jax")
    return jax_run(jax.jit(functools.partial(f, xp=jax.numpy)), args)


def jax_gradient(f: Callable[..., Any], argnums: int | tuple[int, ...], args: Sequence[Any]) -> Callable[[], Any]:
    """Runs of jax.jit(jax.value_and_grad(f))."""
    jax = need("jax")
    return jax_run(jax.jit(jax.value_and_grad(functools.partial(f, xp=jax.numpy), argnums)), args)


# --- PyTorch ----------------------------------------------------------------------------------------------


def torch_compiled(f: Callable[..., Any], try_it: Callable[[Callable[..., Any]], Any]) -> tuple[Any, str]:
    """torch.compile(f) if that runs, else f, and the way it runs."""
    torch = need("torch")
    if os.environ.get(QUICK):
        return f, "eager"
    compiled = torch.compile(f)
    try:
        # The compiler prints, and warns about itself.
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            try_it(compiled)
    except Exception as error:  # whatever its compiler stumbles over: no C++ compiler, an op it has not
        return f, f"eager; torch.compile: {type(error).__name__}"
    return compiled, "torch.compile"


def torch_tensors(args: Sequence[Any]) -> list[Any]:
    """The arguments as tensors of their own."""
    torch = need("torch")
    return [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in args]


def torch_value(f: Callable[..., Any], args: Sequence[Any], compile_it: bool = True) -> Callable[[], Any]:
    """Runs of a function of tensors."""
    torch = need("torch")
    own = torch_tensors(args)
    function = functools.partial(f, xp=torch)
    way = "eager"
    if compile_it:
        function, way = torch_compiled(function, lambda g: g(*own))
    return noted(lambda: function(*own), way)


def torch_gradient(
    f: Callable[..., Any], argnums: int | tuple[int, ...], args: Sequence[Any], compile_it: bool = True
) -> Callable[[], Any]:
    """Runs of a function of tensors and of its backward pass."""
    torch = need("torch")
    own = torch_tensors(args)
    positions = (argnums,) if isinstance(argnums, int) else argnums
    wanted = [own[i].requires_grad_() for i in positions]

    def both(function: Callable[..., Any]) -> Any:
        value = function(*own)
        return value.detach(), torch.autograd.grad(value, wanted)

    function = functools.partial(f, xp=torch)
    way = "eager"
    if compile_it:
        function, way = torch_compiled(function, both)
    return noted(lambda: both(function), way)


def noted(run: Callable[[], Any], way: str) -> Callable[[], Any]:
    """The run, with a remark for the table."""
    run.way = way  # type: ignore[attr-defined]
    return run


# --- C ----------------------------------------------------------------------------------------------------


@functools.cache
def workshop() -> Path:
    """A directory for what the C compiler makes; gone when the process ends."""
    directory = tempfile.mkdtemp(prefix="wengert-bench-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return Path(directory)


@functools.cache
def compiled(source: Path) -> Path:
    """The shared library of a C file."""
    cc = shutil.which("cc")
    if cc is None:
        raise Missing("no cc")
    library = workshop() / f"{source.stem}.so"
    subprocess.run([cc, *FLAGS, str(source), "-o", str(library), "-lm"], check=True, capture_output=True)
    return library


class Hand:
    """Runs of a function of hand-written C, ``void name(const long *n, void **p)``.

    n holds sizes; p the arguments and then the results. `repeat` stays in C between runs, so that the cost of
    calling C from Python is not counted; a single run makes fresh results, as every other contestant does.
    """

    def __init__(self, name: str, file: str, sizes: Sequence[int], args: Sequence[Any], results: Sequence[Any]) -> None:
        library = ctypes.CDLL(str(compiled(HAND / f"{file}.c")))
        helper = ctypes.CDLL(str(compiled(HAND / "repeat.c")))
        self.function = getattr(library, name)
        self.function.restype = None
        self.function.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self.again = helper.repeat
        self.again.restype = None
        self.again.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long]
        self.address = ctypes.cast(self.function, ctypes.c_void_p)
        self.sizes = (ctypes.c_long * len(sizes))(*sizes)
        self.args = [np.ascontiguousarray(a) for a in args]
        self.like = [np.asarray(r) for r in results]
        self.pointers = (ctypes.c_void_p * (len(args) + len(results)))(*[a.ctypes.data for a in self.args])
        self.kept = self._fresh()

    def _fresh(self) -> list[Any]:
        results = [np.empty(r.shape, r.dtype) for r in self.like]
        for k, r in enumerate(results, len(self.args)):
            self.pointers[k] = r.ctypes.data
        return results

    def __call__(self) -> list[Any]:
        """One run into fresh results."""
        results = self._fresh()
        self.function(self.sizes, self.pointers)
        self.kept = results  # the pointers lead there until the next run
        return results

    def repeat(self, times: int) -> None:
        """Many runs into the same results."""
        self.again(self.address, self.sizes, self.pointers, times)


# --- CasADi -----------------------------------------------------------------------------------------------


def casadi_run(function: Any, args: Sequence[Any], shapes: Sequence[tuple[int, ...]]) -> Callable[[], Any]:
    """Runs of a CasADi function, as generated C if there is a compiler, on memory of NumPy's (columns first).

    The arguments are given as CasADi lays them out: the transpose of ours. So are the results, of these shapes.
    """
    casadi = need("casadi")
    way = "VM"
    if shutil.which("cc"):
        here = Path.cwd()
        os.chdir(workshop())  # CasADi writes where it is
        try:
            source = function.generate(f"{function.name()}.c")
        finally:
            os.chdir(here)
        function = casadi.external(function.name(), str(compiled(workshop() / source)))
        way = "C"
    buffer, evaluate = function.buffer()
    own = [np.ascontiguousarray(a, dtype=float) for a in args]
    results = [np.empty(shape) for shape in shapes]
    for i, a in enumerate(own):
        buffer.set_arg(i, memoryview(a))
    for i, r in enumerate(results):
        buffer.set_res(i, memoryview(r))

    def run() -> list[Any]:
        evaluate()
        return results

    run.keep = (own, function, buffer)  # type: ignore[attr-defined]  # evaluate only points there
    return noted(run, way)
