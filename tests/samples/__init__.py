"""What every op is tried on: a line per row of the rule book and per NumPy function that is spelled with the rows.

    S("multiply", np.multiply, [R(3), R(3)], [R(2, 1), R(3)], [R(), R(0, 3)], [C(3), C(3)])
       name       function     the sets of operands to try it on; a dict at the end of a set gives it params

The name is that of the row, or of the NumPy function below ``np.`` or ``scipy.``. The laws (`tests.laws`) hold for
every set. A set made for a tie, a kink or a degenerate value is marked with `at_kink`, because a difference quotient
means nothing there. Every module of this package enters its samples as it is imported.
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.draws import SAMPLES, Case, Sample, cases

__all__ = ["SAMPLES", "Case", "Sample", "cases"]

for _module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
