"""The shape of a cluster of 55 argon atoms: exact derivatives against SciPy's finite differences."""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from scipy.optimize import OptimizeResult, minimize

from wengert.cli import report
from wengert.transforms.matrices import hessian
from wengert.transforms.reverse import grad

__all__ = ["PUBLISHED", "Solver", "energy", "show", "solvers", "start"]

# Lowest energy known, in units of the well depth ε (D. J. Wales, J. P. K. Doye, J. Phys. Chem. A 101, 1997, 5111).
PUBLISHED = -279.248470
ATOMS = 55
PAIRS = np.triu_indices(ATOMS, 1)


def energy(x: Any) -> Any:
    """The Lennard-Jones energy Σ 4 (r⁻¹² - r⁻⁶) over all pairs, in units of ε; x: coordinates in units of σ, flat."""
    atoms = x.reshape(-1, 3)
    first, second = PAIRS
    inverse = 1 / np.sum((atoms[first] - atoms[second]) ** 2, axis=1) ** 3
    return np.sum(4 * (inverse**2 - inverse))


def start() -> Any:
    """An icosahedron of two shells, every atom pushed off its place by about 0.05 σ."""
    golden = (1 + np.sqrt(5)) / 2
    corners = np.array([np.roll((0, a, b * golden), n) for a in (1, -1) for b in (1, -1) for n in range(3)])
    i, j = np.triu_indices(12, 1)
    sides = np.linalg.norm(corners[i] - corners[j], axis=1) < 2.1
    middles = (corners[i] + corners[j])[sides]
    atoms = np.concatenate([np.zeros((1, 3)), corners, 2 * corners, middles]) * 1.08 / np.linalg.norm(corners[0])
    return (atoms + np.random.default_rng(0).normal(size=atoms.shape) * 0.05).ravel()


class Solver(NamedTuple):
    """A way to call `scipy.optimize.minimize`."""

    method: str
    derivatives: str
    options: dict[str, Any]

    def run(self, tick: Callable[[], None] = lambda: None) -> OptimizeResult:
        """Minimise the energy until no component of the gradient exceeds 1e-5 (trust-ncg: its length).

        tick: called after every iteration.
        """
        options = {"gtol": 1e-5}
        return minimize(energy, start(), method=self.method, options=options, callback=lambda x: tick(), **self.options)


def solvers() -> list[Solver]:
    """SciPy alone, with the exact gradient, and with the exact gradient and Hessian."""
    gradient: Callable[..., Any] = grad(energy)
    return [
        Solver("BFGS", "SciPy's finite differences", {}),
        Solver("BFGS", "exact gradient", {"jac": gradient}),
        Solver("trust-ncg", "exact gradient and Hessian", {"jac": gradient, "hess": hessian(energy)}),
    ]


def show(out: Console) -> None:
    """Minimise in three ways and print what each cost."""
    report.title(out, f"3. Minimise with scipy.optimize: the energy of {ATOMS} argon atoms, {3 * ATOMS} coordinates")
    out.print()
    lines = report.table("", "1", "2", "3")
    columns = []
    with report.progress(out) as bar:
        for solver in solvers():
            task = bar.add_task(f"{solver.method}, {solver.derivatives}", total=None)
            began = perf_counter()
            found = solver.run(functools.partial(bar.advance, task))
            columns.append(_column(solver, found, perf_counter() - began))
            bar.remove_task(task)
    for label, *cells in zip(_LABELS, *columns, strict=True):
        lines.add_row(label, *cells)
    out.print(lines)
    report.say(out, f"\nε: depth of the well of one pair. Published minimum (Wales and Doye 1997): {PUBLISHED:.6f} ε.")
    report.say(out, f"For one gradient, SciPy's finite differences compute {3 * ATOMS} further energies.")


_LABELS = (
    "method",
    "derivatives",
    "iterations",
    "energies computed",
    "gradients computed",
    "Hessians computed",
    "final energy / ε",
    "gradient's length",
    "time / s",
)


def _column(solver: Solver, found: OptimizeResult, seconds: float) -> list[str]:
    exact = "jac" in solver.options
    length = np.linalg.norm(grad(energy)(found.x))
    return [
        solver.method,
        solver.derivatives,
        str(found.nit),
        str(found.nfev),
        str(found.njev) if exact else "–",
        str(found.nhev) if "hess" in solver.options else "–",
        f"{found.fun:.6f}",
        f"{length:.1e}",
        f"{seconds:.2f}",
    ]
