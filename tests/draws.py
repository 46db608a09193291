"""Samples: how the operands are drawn that the laws are tried on (the samples themselves are in `tests.samples`).

Numbers come from a seed of the sample's own, apart from each other, so that no two are tied by chance.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wengert.core.op import TABLE

# --- drawing operands ---------------------------------------------------------------------------------------


class Draw(NamedTuple):
    """An operand to be: its shape and how its numbers are drawn."""

    shape: tuple[int, ...]
    make: Callable[[np.random.Generator, tuple[int, ...]], Any]

    def __call__(self, rng: np.random.Generator) -> Any:
        """An array of these numbers; a NumPy scalar if 0-d."""
        return self.make(rng, self.shape)[()]


def spaced(low: float, high: float) -> Callable[..., Any]:
    """Numbers from the interval in random order, no two of them close."""

    def make(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        n = int(np.prod(shape))
        slots = (rng.permutation(n) + rng.uniform(0.2, 0.8, n)) / max(n, 1)
        return (low + (high - low) * slots).reshape(shape)

    return make


def R(*shape: int) -> Draw:
    """Real numbers of both signs, away from 0."""
    make = spaced(0.3, 2.2)
    return Draw(shape, lambda rng, shape: make(rng, shape) * rng.choice([-1.0, 1.0], shape))


def P(*shape: int) -> Draw:
    """Positive numbers."""
    return Draw(shape, spaced(0.3, 2.2))


def U(*shape: int) -> Draw:
    """Numbers between 0 and 1."""
    return Draw(shape, spaced(0.1, 0.9))


def G(*shape: int) -> Draw:
    """Numbers greater than 1."""
    return Draw(shape, spaced(1.2, 2.6))


def F(*shape: int) -> Draw:
    """Positive numbers of dtype float32."""
    make = spaced(0.3, 2.2)
    return Draw(shape, lambda rng, shape: make(rng, shape).astype(np.float32))


def C(*shape: int) -> Draw:
    """Complex numbers away from the axes."""
    make = spaced(0.2, 1.1)
    return Draw(shape, lambda rng, shape: make(rng, shape) + 1j * make(rng, shape) * rng.choice([-1, 1], shape))


def I(*shape: int, below: int = 3) -> Draw:  # noqa: E743
    """Integers from 0 to below - 1."""
    return Draw(shape, lambda rng, shape: rng.integers(0, below, shape))


def B(*shape: int) -> Draw:
    """Truth values."""
    return Draw(shape, lambda rng, shape: np.asarray(rng.uniform(size=shape) < 0.5))


def V(*values: Any, dtype: Any = None) -> Draw:
    """These very values."""
    array = np.array(values[0] if len(values) == 1 else values, dtype)
    return Draw(array.shape, lambda rng, shape: array.copy())


def order(n: int, *shape: int) -> Draw:
    """Distinct integers from 0 to n - 1: indices without a repetition."""
    return Draw(shape, lambda rng, shape: rng.permutation(n)[: int(np.prod(shape))].reshape(shape))


def near_eye(*shape: int, dtype: Any = float) -> Draw:
    """Matrices far from singular."""

    def make(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        noise = rng.uniform(-1, 1, shape) + (1j * rng.uniform(-1, 1, shape) if dtype is complex else 0)
        return (noise + 2 * np.eye(shape[-1]) * rng.uniform(1, 2, shape[-1])).astype(dtype)

    return Draw(shape, make)


def positive_definite(*shape: int, dtype: Any = float) -> Draw:
    """Hermitian positive definite matrices."""
    make = near_eye(*shape, dtype=dtype).make

    def hermitian(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        a = make(rng, shape)
        return (a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(shape[-1])).astype(dtype)

    return Draw(shape, hermitian)


# --- samples and cases --------------------------------------------------------------------------------------


class Kink(list[Any]):
    """A set of operands where the function has no derivative, or the difference quotient no meaning."""


def at_kink(*operands: Any) -> Kink:
    """Mark a set of operands as made for a tie, a kink or a degenerate value."""
    return Kink(operands)


@dataclass(frozen=True)
class Sample:
    """A function and the sets of operands it is tried on."""

    name: str
    function: Callable[..., Any]
    sets: tuple[list[Any], ...]
    analytic: bool = False  # the function takes complex numbers and is differentiable there
    concrete: bool = False  # the function needs plain numbers: batches and traces refuse it
    order: int = 3  # up to which order the function has derivatives
    by_first: bool = False  # NumPy looks for boxes in the first operand only, so it has to be one
    batched: bool = True  # the function says of a batch what it says of an entry
    value: Callable[..., Any] | None = None  # what the value is compared with; by default the function on arrays


class Case:
    """One set of operands of a sample."""

    def __init__(self, sample: Sample, number: int, serial: int) -> None:
        self.sample = sample
        self.number, self.serial = number, serial
        self.name = sample.name
        self.id = f"{sample.name}-{serial}"
        operands = list(sample.sets[number])
        self.kink = isinstance(sample.sets[number], Kink)
        self.params: dict[str, Any] = operands.pop() if isinstance(operands[-1], dict) else {}
        self.draws: list[Draw] = operands
        self.seed = zlib.crc32(self.id.encode())
        self.analytic = sample.analytic
        self.concrete = sample.concrete
        self.by_first = sample.by_first
        # Positions of the operands that have a derivative.
        self.positions = [n for n, x in enumerate(self.operands()) if x.dtype.kind in "fc"]
        dtypes = [x.dtype for x in self.operands()]
        self.complex = any(d.kind == "c" for d in dtypes)
        self.single = np.float32 in dtypes or self.params.get("dtype") is np.float32

    def f(self, *operands: Any) -> Any:
        """The sample's function with the params of this case."""
        return self.sample.function(*operands, **self.params)

    def expected(self, *operands: Any) -> Any:
        """The value by NumPy."""
        function = self.sample.value or self.sample.function
        return function(*operands, **self.params)

    def operands(self, draw: int = 0) -> list[Any]:
        """The operands of the draw of that number."""
        rng = np.random.default_rng([self.seed, draw])
        return [one(rng) for one in self.draws]

    def rng(self, purpose: int = 0) -> np.random.Generator:
        """Random numbers for anything else: tangents, weights."""
        return np.random.default_rng([self.seed, 1000 + purpose])

    def __repr__(self) -> str:
        return self.id


SAMPLES: list[Sample] = []


def S(name: str, function: Any, *sets: list[Any], value: Any = None, **flags: Any) -> None:
    """Enter a sample."""
    SAMPLES.append(Sample(name, function, sets, value=value, **flags))


def cases() -> list[Case]:
    """Every set of every sample, numbered through per name."""
    serials: Counter[str] = Counter()
    found = []
    for sample in SAMPLES:
        for number in range(len(sample.sets)):
            found.append(Case(sample, number, serials[sample.name]))
            serials[sample.name] += 1
    return found


# --- what samples are written with ----------------------------------------------------------------------------

A: dict[str, Any] = {"analytic": True}


def row(name: str) -> Any:
    """A row that no NumPy function stands for, called directly."""
    return TABLE[name]


def written(f: Any) -> Any:
    """A function that writes into its first argument, as one that returns a copy written to."""

    def function(x: Any, *values: Any, **params: Any) -> Any:
        y = np.copy(x)
        f(y, *values, **params)
        return y

    return function
