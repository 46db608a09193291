"""Generators: where random tensors come from, as PyTorch's users know them, around NumPy's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from wengert.core.apply import watcher
from wengert.interpreters.placed import check_device

__all__ = ["Generator", "default_generator", "manual_seed", "random_state", "resumed", "source"]


class Generator:
    """A source of random numbers with PyTorch's `manual_seed`, around a NumPy Generator.

    >>> import wengert as wg
    >>> a, b = wg.Generator().manual_seed(1), wg.Generator().manual_seed(1)
    >>> bool(wg.rand(1, generator=a) == wg.rand(1, generator=b))
    True
    """

    def __init__(self, device: Any = None) -> None:
        check_device(device)
        self.numpy = np.random.default_rng()

    def manual_seed(self, seed: int) -> Generator:
        """Start the sequence that belongs to `seed`."""
        self.numpy = np.random.default_rng(seed)
        return self

    def state_dict(self) -> dict[str, Any]:
        """Where the sequence stands: numbers and strings by name."""
        return dict(self.numpy.bit_generator.state)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue the sequence from there."""
        bits = getattr(np.random, state["bit_generator"])()
        bits.state = dict(state)
        self.numpy = np.random.Generator(bits)


_default = Generator()


def default_generator() -> Generator:
    """The generator of everything that is drawn without another one, which `manual_seed` seeds."""
    return _default


def manual_seed(seed: int) -> Generator:
    """Start the sequence of random tensors that belongs to `seed`; returns the default generator.

    >>> import wengert as wg
    >>> _ = wg.manual_seed(0); a = wg.rand(2)
    >>> _ = wg.manual_seed(0); bool((wg.rand(2) == a).all())
    True
    """
    return _default.manual_seed(seed)


def random_state() -> Any:
    """Where the sequences stand that are drawn from without being named: NumPy's global one and the default one."""
    return np.random.get_state(), _default.state_dict()  # noqa: NPY002


@contextlib.contextmanager
def resumed(state: Any) -> Iterator[None]:
    """Draw from where the sequences stood, as `random_state` said; afterwards they stand where they do now."""
    now = random_state()
    _stand_at(state)
    try:
        yield
    finally:
        _stand_at(now)


def _stand_at(state: Any) -> None:
    numpys, default = state
    np.random.set_state(numpys)  # noqa: NPY002
    _default.load_state_dict(default)


def source(generator: Any) -> Any:
    """The NumPy Generator to draw from; while a function is traced, one whose numbers are drawn anew by every run."""
    found = _numpys(generator)
    trace = watcher()
    return found if trace is None else _Drawing(generator, found, trace)


def _numpys(generator: Any) -> Any:
    found = _default if generator is None else generator
    return found.numpy if isinstance(found, Generator) else found


class _Drawing:
    """A NumPy Generator under the eyes of a trace."""

    def __init__(self, generator: Any, now: Any, trace: Any) -> None:
        self._generator, self._now, self._trace = generator, now, trace

    def __getattr__(self, name: str) -> Any:
        def draw(*args: Any, **kwargs: Any) -> Any:
            # The generator is looked up again for every run: manual_seed makes a new one.
            return self._trace.draw(self._now, lambda: getattr(_numpys(self._generator), name)(*args, **kwargs))

        return draw
