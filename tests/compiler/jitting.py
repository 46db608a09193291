"""What the tests of jit share: a compiled function against the plain one, results, types and writes included."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

import wengert as wg
from wengert import tree


def same(got: Any, want: Any, tol: float = 1e-14) -> None:
    """Raise unless the two trees have the same structure, types, dtypes, shapes and (nearly) values."""
    got_leaves, got_structure = tree.flatten(got)
    want_leaves, want_structure = tree.flatten(want)
    assert got_structure == want_structure
    for a, b in zip(got_leaves, want_leaves, strict=True):
        assert type(a) is type(b), (type(a), type(b))
        if isinstance(b, wg.Tensor):
            assert a.requires_grad == b.requires_grad
            a, b = a.detach().numpy(), b.detach().numpy()
        if isinstance(b, np.ndarray | np.generic | float | complex):
            a, b = np.asarray(a), np.asarray(b)
            assert a.dtype == b.dtype, (a.dtype, b.dtype)
            assert a.shape == b.shape, (a.shape, b.shape)
            scale = tol if b.dtype.itemsize > 4 and b.dtype != np.complex64 else max(tol, 1e-6)
            np.testing.assert_allclose(a, b, rtol=scale, atol=scale)
        else:
            assert a == b


def agree(f: Any, *args: Any, compiled: Any = None, **kwargs: Any) -> Any:
    """Raise unless jit(f) does what f does, three times, to fresh copies of the arguments; the compiled function."""
    compiled = compiled or wg.jit(f)
    for _ in range(3):
        mine, theirs = copy.deepcopy((args, kwargs)), copy.deepcopy((args, kwargs))
        with np.errstate(all="ignore"):
            want = f(*theirs[0], **theirs[1])
        same(compiled(*mine[0], **mine[1]), want)
        same(mine, theirs)  # what was written to the arguments
    return compiled
