"""Random bits as a function of a key: nothing is remembered, so nothing can be drawn twice by accident or out of order.

The function is Threefry-2x32 with 20 rounds: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011. It
takes two words (a counter) to two others, in a way that looks random and that the two words of a key select. Number i
of a draw depends on the key and on i alone. Keys, splits and bits are those of JAX's partitionable threefry2x32.

It is made of additions, shifts and exclusive ors of uint32, so it is traced, mapped and compiled like anything else.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from wengert.core.apply import Box, read
from wengert.creation import randint
from wengert.errors import InvalidArgument, explain, user_line
from wengert.generator import Generator
from wengert.random.arguments import lengths

__all__ = ["bits", "fold_in", "key", "split", "threefry", "words"]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)  # keeps the third word of the key from being 0 when the others are
_WORD = np.uint64(32)


def threefry(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Two words for each pair of words of the counter: uint32 arrays of at least one axis, which broadcast."""
    k, x, y = (*key, key[0] ^ key[1] ^ _PARITY), counter[0] + key[0], counter[1] + key[1]
    for i in range(5):
        for r in _ROTATIONS[i % 2]:
            x = x + y
            y = x ^ ((y << np.uint32(r)) | (y >> np.uint32(32 - r)))
        x = x + k[(i + 1) % 3]
        y = y + (k[(i + 2) % 3] + np.uint32(i + 1))
    return x, y


def key(seed: Any) -> Any:
    """The key that belongs to a whole number: two uint32 words. A seed counts modulo 2⁶⁴.

    Raises `InvalidArgument` for what is no whole number.

    >>> import wengert as wg
    >>> wg.random.key(42)
    array([ 0, 42], dtype=uint32)
    """
    if isinstance(seed, int):
        return np.array([seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF], np.uint32)
    return np.concatenate(_halves(seed, "a seed"))


def _halves(number: Any, what: str) -> tuple[Any, Any]:
    """The upper and the lower word of a whole number, each in an array of one entry."""
    x = number if isinstance(number, Box) else np.asarray(number)
    if x.dtype.kind not in "iub" or x.ndim:
        raise InvalidArgument(
            explain(
                f"{what} at {user_line()} is of dtype {x.dtype} and shape {x.shape}.",
                "It is a whole number.",
                "Give an int; for many keys use wg.random.split(key, n), or wg.vmap.",
            )
        )
    x = np.reshape(x, (1,)).astype(np.uint64)
    return (x >> _WORD).astype(np.uint32), x.astype(np.uint32)


def words(key: Any) -> tuple[Any, Any]:
    """The two words of a key, each in an array of one entry.

    key: of `key`, `split` or `fold_in`. A `wg.Generator`, or None for the default one that `wg.manual_seed` seeds,
    draws a key. Raises `InvalidArgument` for anything else.
    """
    if key is None or isinstance(key, Generator | np.random.Generator):
        drawn = read(randint(0, 1 << 32, (2,), dtype=np.uint32, generator=key))
        return drawn[:1], drawn[1:]
    if not isinstance(key, Box | np.ndarray) or key.shape != (2,) or key.dtype != np.uint32:
        got = f"{key.dtype} {key.shape}" if isinstance(key, Box | np.ndarray) else type(key).__name__
        raise InvalidArgument(
            explain(
                f"a key at {user_line()} is a {got}.",
                "A key is two uint32 words, shape (2,).",
                "Write key = wg.random.key(0), and a, b = wg.random.split(key) for more; wg.vmap maps over many keys.",
            )
        )
    found: Any = key
    return found[:1], found[1:]


@functools.lru_cache(maxsize=32)
def _counters(n: int) -> tuple[Any, Any]:
    """The numbers 0, …, n - 1 as upper and lower words."""
    count = np.arange(n, dtype=np.uint64)
    upper = (count >> _WORD).astype(np.uint32) if n > 1 << 32 else np.zeros(1, np.uint32)
    lower = count.astype(np.uint32)
    upper.flags.writeable = lower.flags.writeable = False  # a graph may keep them as they are
    return upper, lower


def split(key: Any, num: int | tuple[int, ...] = 2) -> Any:
    """New keys, independent of each other and of what else is drawn; shape (num, 2) or (*num, 2).

    The old key should not be used again.

    >>> import wengert as wg
    >>> a, b = wg.random.split(wg.random.key(0))
    >>> a
    array([1797259609, 2579123966], dtype=uint32)
    """
    shape = lengths(num)
    pair = threefry(words(key), _counters(math.prod(shape)))
    return np.reshape(np.stack(pair, axis=-1), (*shape, 2))


def fold_in(key: Any, data: Any) -> Any:
    """The key that belongs to a key and a whole number, such as the number of a step; the number may be traced.

    >>> import wengert as wg
    >>> wg.random.fold_in(wg.random.key(0), 1)
    array([ 928981903, 3453687069], dtype=uint32)
    """
    if isinstance(data, int):
        data = np.uint64(data & 0xFFFFFFFFFFFFFFFF)
    return np.concatenate(threefry(words(key), _halves(data, "the number of fold_in")))


def bits(key: Any, shape: tuple[int, ...] = (), dtype: Any = np.uint32) -> Any:
    """Random bits: uint32 or uint64 numbers, each value equally probable.

    >>> import wengert as wg
    >>> wg.random.bits(wg.random.key(0), (2,))
    array([4070199207, 4202968722], dtype=uint32)
    """
    kind = np.dtype(dtype)
    if kind not in (np.uint32, np.uint64):
        raise InvalidArgument(
            explain(
                f"bits at {user_line()} got dtype={kind}.",
                "Bits come in words of 32 or 64.",
                "Give np.uint32 or np.uint64.",
            )
        )
    shape = lengths(shape)
    upper, lower = threefry(words(key), _counters(math.prod(shape)))
    if kind == np.uint32:
        return np.reshape(upper ^ lower, shape)
    return np.reshape((upper.astype(np.uint64) << _WORD) | lower.astype(np.uint64), shape)
