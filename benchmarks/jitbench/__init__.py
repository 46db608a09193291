"""The work that ``scripts/bench jit`` measures: a file per kind of work, each with the same function in every dialect."""
