"""From equations to nodes: one lowering per row that has a native form."""

from wengert.compiler.lower import convolve, elementwise, elimination, index, linalg, reduce, shape, windows
from wengert.compiler.lower.table import LOWERINGS

__all__ = ["LOWERINGS", "convolve", "elementwise", "elimination", "index", "linalg", "reduce", "shape", "windows"]
