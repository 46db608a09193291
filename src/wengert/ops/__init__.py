"""The rule book: one row per op, and how NumPy's functions are spelled with them. Knows no interpreter."""

from wengert.ops import arrange, elementwise, index, linalg, reduce, shape, special, spelling

__all__ = ["arrange", "elementwise", "index", "linalg", "reduce", "shape", "special", "spelling"]
