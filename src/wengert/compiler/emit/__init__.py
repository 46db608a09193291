"""Loop IR becomes LLVM text, with vectors made explicit.

entry.py       a program as a function of a module            module.py      a module: functions, declarations
facts.py       which statements write what                    arena.py       where buffers are
scope.py       a function, its nested scopes                  segments.py    long functions in parts
values.py      expressions, each in its outermost scope       operations.py  arithmetic of lanes
memory.py      addresses, loads, stores                       rows.py        entries side by side: transposes
statements.py  stores, accumulators, branches, loops          vector.py      how a loop is cut into vectors
parallel.py    loops for the pool, by the costs of cost.py    gemm.py        products, routines of the library
hosts.py       temporaries in results that are to come
"""

from __future__ import annotations

from wengert.compiler.emit.entry import Module, emit

__all__ = ["Module", "emit"]
