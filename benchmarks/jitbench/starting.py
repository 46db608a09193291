"""What one waits for: compilation, and the start of a process up to its first compiled gradient.

Every contestant is a program that a user would write, run by a fresh interpreter. Compilation is what the program
prints, in seconds (after an earlier, smaller compilation, so that nothing is loaded inside the interval).
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["WORKS", "Once"]

UNROLLED = """
def f(x, a, b):
    for _ in range({steps}):
        x = x * a + b
    return {xp}.sum(x)
"""

FUSED = """
def f(x, a, b):
    return {xp}.sum({xp}.tanh(x * a) + {xp}.exp(-x * x) * b)
"""

WENGERT = """
import sys, time, numpy as np, wengert as wg
jit = getattr(wg, "jit", lambda f: f)
{f}
x, a, b = np.linspace(0, 1, 100), np.full(100, 0.99), np.full(100, 0.01)
jit(wg.grad(lambda x: np.sum(x * x + 1)))(x)
start = time.perf_counter()
jit(wg.value_and_grad(f, (0, 1, 2)))(x, a, b)
print(time.perf_counter() - start)
"""

JAX = """
import time, jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
{f}
x, a, b = jnp.linspace(0, 1, 100), jnp.full(100, 0.99), jnp.full(100, 0.01)
jax.block_until_ready(jax.jit(jax.grad(lambda x: jnp.sum(x * x + 1)))(x))
start = time.perf_counter()
jax.block_until_ready(jax.jit(jax.value_and_grad(f, (0, 1, 2)))(x, a, b))
print(time.perf_counter() - start)
"""

TORCH = """
import time, torch
torch.set_num_threads(1)
{f}
x, a, b = [torch.full((100,), v, dtype=torch.float64, requires_grad=True) for v in (0.5, 0.99, 0.01)]
torch.compile(lambda x: torch.sum(x * x + 1))(x).backward()
start = time.perf_counter()
torch.compile(f)(x, a, b).backward()
print(time.perf_counter() - start)
"""

FIRST_WENGERT = """
import numpy as np, wengert as wg
jit = getattr(wg, "jit", lambda f: f)
print(jit(wg.grad(lambda x: np.sum(np.tanh(x) * np.exp(-x * x))))(np.linspace(0, 1, 1000))[0])
"""

FIRST_JAX = """
import jax, jax.numpy as jnp
print(jax.jit(jax.grad(lambda x: jnp.sum(jnp.tanh(x) * jnp.exp(-x * x))))(jnp.linspace(0, 1, 1000))[0])
"""

FIRST_TORCH = """
import torch
x = torch.linspace(0, 1, 1000, requires_grad=True)
torch.sum(torch.tanh(x) * torch.exp(-x * x)).backward()
print(x.grad[0])
"""


@dataclass(frozen=True)
class Once:
    """A row of waiting. printed: the program prints the seconds; otherwise its whole run is timed.

    warm: our programs find what an earlier run has left in the cache; the others never start from an empty cache.
    """

    name: str
    programs: Mapping[str, str]
    at_most: float
    printed: bool = True
    warm: bool = False
    slow: tuple[str, ...] = ()  # contestants left out by --quick

    def measure(self, quick: bool) -> tuple[dict[str, float], list[str]]:
        """Median seconds of every contestant, and what is missing."""
        found: dict[str, float] = {}
        missing = []
        for name, program in self.programs.items():
            if importlib.util.find_spec(name) is None:
                missing.append(f"no {name}")
            elif not (quick and name in self.slow):
                try:
                    found[name] = self._median(program, 1 if quick or name in self.slow else 5)
                except subprocess.CalledProcessError as error:
                    missing.append(f"{name} FAILED: {error.stderr.strip().splitlines()[-1]}")
        return found, missing

    def _median(self, program: str, times: int) -> float:
        with tempfile.TemporaryDirectory() as cache:
            if self.warm:
                self._run(program, cache)
            return statistics.median(self._run(program, cache) for _ in range(times))

    def _run(self, program: str, cache: str) -> float:
        with tempfile.TemporaryDirectory() as fresh:
            environment = {**os.environ, "WENGERT_CACHE_DIR": cache if self.warm else fresh}
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
            )
            whole = time.perf_counter() - start
        return float(done.stdout) if self.printed else whole


def compilation(name: str, f: str, at_most: float, **options: object) -> Once:
    programs = {
        "wengert": WENGERT.format(f=f.format(xp="np", steps=1000)),
        "jax": JAX.format(f=f.format(xp="jnp", steps=1000)),
        "torch": TORCH.format(f=f.format(xp="torch", steps=1000)),
    }
    return Once(name, programs, at_most, **options)  # type: ignore[arg-type]


FIRST = {"wengert": FIRST_WENGERT, "jax": FIRST_JAX, "torch": FIRST_TORCH}

WORKS = [
    compilation("compile 1,000 unrolled steps of x a + b", UNROLLED, 1.0, slow=("jax", "torch")),
    compilation("compile a fused kernel", FUSED, 0.05, slow=("torch",)),
    Once("process start to first gradient, cold", FIRST, 0.5, printed=False),
    Once("process start to first gradient, warm", FIRST, 0.3, printed=False, warm=True),
]
