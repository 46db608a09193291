"""Questions about arrays: their answers are no arrays."""

from __future__ import annotations

import numpy as np

from tests.draws import C, F, R, S, V, at_kink

# fmt: off
# --- questions about arrays: their answers are no arrays ----------------------------------------------------------

for _name in ("shape", "ndim", "size", "iscomplexobj", "isrealobj"):
    S(_name, getattr(np, _name), [R(2, 3)], [C()])
S("min_scalar_type", lambda x: np.min_scalar_type(x).itemsize, [R(2, 3)])
S("size", np.size, [R(2, 3), {"axis": 1}])
for _share in (np.may_share_memory, np.shares_memory):
    S(_share.__name__, _share, [R(2), R(2)])
    S(_share.__name__, lambda x, _f=_share: [_f(x, x[1:]), _f(x[0], x[1]), _f(x, x + 0), _f(x[::2], x[1])], [R(3, 2)])
S("result_type", lambda x, y: np.result_type(x, y).itemsize, [F(2), R(2)], [R(2), C(2)])
S("can_cast", lambda x: np.can_cast(x, np.float32), [R(2)], [F(2)])
S("common_type", lambda x, y: np.dtype(np.common_type(x, y)).itemsize, [F(2), R(2)])
for _name in ("allclose", "array_equal", "array_equiv", "isclose"):
    S(_name, getattr(np, _name), at_kink(V(1.0, 2.0), V(1.0, 2.0 + 1e-12)), at_kink(V(1.0, 2.0), V(1.0, 2.0)),
      concrete=True)
for _show in (np.array2string, np.array_repr, np.array_str):
    # A batch shows all its entries.
    S(_show.__name__, lambda x, _f=_show: len(_f(x)), at_kink(V(1.0, 2.0)), batched=False)
