"""Loop IR becomes LLVM text, with vectors made explicit.

module.py      a module: functions, declarations, entry        facts.py       what statements write
scope.py       a function's nested scopes                      values.py      expressions
memory.py      addresses, loads and stores of lanes            operations.py  arithmetic
statements.py  loops, branches, stores, accumulators           vector.py      how a loop is cut into vectors
"""

from __future__ import annotations

from wengert.compiler.emit.entry import Module, emit

__all__ = ["Module", "emit"]
