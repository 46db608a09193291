"""What NumPy's questions about arrays answer for boxes: shapes, dtypes, shared memory, comparisons, printing."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.protocols import SPELLINGS
from wengert.core.view import in_common
from wengert.ops.spelling import lift

__all__: list[str] = []

SPELLINGS[np.shape] = lambda a: lift(a).shape
SPELLINGS[np.ndim] = lambda a: lift(a).ndim
SPELLINGS[np.size] = lambda a, axis=None: lift(a).size if axis is None else lift(a).shape[axis]
SPELLINGS[np.iscomplexobj] = lambda x: lift(x).dtype.kind == "c"
SPELLINGS[np.isrealobj] = lambda x: lift(x).dtype.kind != "c"


def _sharing(question: Any) -> Any:
    def function(a: Any, b: Any, max_work: Any = None) -> bool:
        parts = in_common(a, b) if isinstance(a, Box) and isinstance(b, Box) else None
        return parts is not None and bool(question(*parts, max_work))

    return function


SPELLINGS[np.may_share_memory], SPELLINGS[np.shares_memory] = _sharing(np.may_share_memory), _sharing(np.shares_memory)
SPELLINGS[np.result_type] = lambda *xs: np.result_type(*[x.dtype if isinstance(x, Box) else x for x in xs])
SPELLINGS[np.can_cast] = lambda f, to, casting="safe": np.can_cast(f.dtype if isinstance(f, Box) else f, to, casting)
SPELLINGS[np.min_scalar_type] = lambda x: x.dtype
SPELLINGS[np.common_type] = lambda *xs: np.common_type(*[np.empty(0, x.dtype) for x in xs])


def _bare(x: Any) -> Any:
    return lift(x).concrete("a comparison") if isinstance(lift(x), Box) else x


for _compare in (np.allclose, np.array_equal, np.array_equiv, np.isclose):
    SPELLINGS[_compare] = lambda a, b, *args, _f=_compare, **kwargs: _f(_bare(a), _bare(b), *args, **kwargs)
for _show in (np.array2string, np.array_repr, np.array_str):
    SPELLINGS[_show] = lambda a, *args, _f=_show, **kwargs: _f(a.shown(), *args, **kwargs)
