"""The work that ``scripts/bench jit`` measures: a file per kind, with the same functions in every dialect."""
