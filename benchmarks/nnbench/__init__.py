"""The work that ``scripts/bench nn`` measures: models that train, written once for wengert and for PyTorch."""
