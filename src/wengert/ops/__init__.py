"""The rule book: one row per op, and how NumPy's functions are spelled with them. Knows no interpreter."""
