"""From equations to nodes: one lowering per row that has a native form."""

from wengert.compiler.lower import elementwise, elimination, index, linalg, reduce, shape
from wengert.compiler.lower.table import LOWERINGS

__all__ = ["LOWERINGS", "elementwise", "elimination", "index", "linalg", "reduce", "shape"]
