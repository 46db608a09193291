"""Functions that optimisers are tried on: pymoo, DEAP, mystic, opfunu, CMA-ES, SALib."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.strangers.case import Case, F, calls, resolve

__all__ = ["CASES"]

X = np.array([0.31, 0.72, 0.55, 0.18, 0.87])
ROWS = np.array([[0.31, 0.72, 0.55, 0.18], [0.87, 0.24, 0.43, 0.66]])


def evaluated(make: Any) -> Any:
    """What a problem of pymoo computes, objectives and constraints."""

    def run(x: Any) -> Any:
        out: dict[str, Any] = {}
        make._evaluate(x, out)
        return list(out.values())

    return run


def problem(**options: Any) -> Any:
    return lambda cls: evaluated(cls(**options))


FITNESS = resolve("cma.fitness_functions.FitnessFunctions")()
P = "pymoo.problems."
CASES: list[Case] = [
    *[
        F(P + f"single.{name}", ROWS, prepare=problem(n_var=4))
        for name in (
            "ackley.Ackley",
            "griewank.Griewank",
            "rastrigin.Rastrigin",
            "rosenbrock.Rosenbrock",
            "schwefel.Schwefel",
            "sphere.Sphere",
            "zakharov.Zakharov",
        )
    ],
    F(P + "single.himmelblau.Himmelblau", ROWS[:, :2], prepare=problem()),
    F(P + "single.pressure_vessel.PressureVessel", ROWS, prepare=problem()),
    F(P + "single.cantilevered_beam.CantileveredBeam", ROWS, prepare=problem()),
    *[F(P + f"multi.zdt.ZDT{n}", ROWS, prepare=problem(n_var=4)) for n in (1, 2, 3, 4, 6)],
    *[F(P + f"many.dtlz.DTLZ{n}", ROWS, prepare=problem(n_var=4, n_obj=2)) for n in range(1, 8)],
    *[
        F(P + f"many.cdtlz.{name}", ROWS, prepare=problem(n_var=4, n_obj=2))
        for name in ("C1DTLZ1", "C2DTLZ2", "C3DTLZ4")
    ],
    *[F(P + f"multi.{name}", ROWS[:, :2], prepare=problem()) for name in ("bnh.BNH", "srn.SRN", "tnk.TNK")],
    F(P + "multi.kursawe.Kursawe", ROWS[:, :3], prepare=problem()),
    F(P + "multi.osy.OSY", np.array([[0.3, 0.7, 1.5, 2.1, 1.2, 3.3]]), prepare=problem()),
    F(P + "multi.welded_beam.WeldedBeam", ROWS + 1.0, prepare=problem()),
    F(P + "multi.truss2d.Truss2D", ROWS[:, :3] + 1.0, prepare=problem()),
    F(P + "multi.carside.Carside", np.array([[0.9, 1.1, 0.8, 1.2, 1.5, 0.7, 0.9]]), prepare=problem()),
    F(P + "multi.ctp.CTP1", ROWS, prepare=problem(n_var=4)),
    F(P + "multi.mw.MW1", ROWS, prepare=problem(n_var=4)),
    *[
        F(
            P + f"single.g.G{n}",
            np.array([[0.3, 0.7, 0.5, 0.2, 0.9, 0.6, 0.4, 0.8, 0.1, 0.5, 0.3, 0.2, 0.7][:k]]),
            prepare=problem(),
        )
        for n, k in ((1, 13), (3, 10), (4, 5), (5, 4), (6, 2), (7, 10), (8, 2), (9, 7), (11, 2), (13, 5))
    ],
    *calls(
        "deap.benchmarks",
        "plane sphere cigar rosenbrock ackley bohachevsky griewank rastrigin rastrigin_scaled "
        "rastrigin_skew schaffer schwefel",
        X,
    ),
    *calls("deap.benchmarks", "himmelblau h1 poloni dent", X[:2]),
    *calls("deap.benchmarks", "kursawe zdt1 zdt2 zdt3 zdt4 zdt6 fonseca", X[:3]),
    *calls("deap.benchmarks", "dtlz1 dtlz2 dtlz3 dtlz5 dtlz6 dtlz7", X, 3),
    F("deap.benchmarks.shekel", X[:2], ROWS[:, :2], X[:2]),
    *calls("mystic.models", "rosen griewangk ackley schwefel ellipsoid rastrigin powers michal", X),
    *calls("mystic.models", "branins easom goldstein peaks", X[:2]),
    *calls("mystic.models.wolfram", "fosc3d nmin51", X[:2]),
    *calls(
        "opfunu.utils.operator",
        "ackley_func bent_cigar_func discus_func elliptic_func rosenbrock_func rastrigin_func "
        "griewank_func zakharov_func levy_func happy_cat_func hgbat_func schwefel_12_func "
        "sphere_func lunacek_bi_rastrigin_func expanded_scaffer_f6_func schaffer_f7_func "
        "different_powers_func expanded_griewank_rosenbrock_func grie_rosen_cec_func "
        "modified_schwefel_func twist_func",
        X,
    ),
    *calls(
        "cma.fitness_functions.FitnessFunctions",
        "sphere cigar tablet cigtab twoaxes elli rosen diffpow rastrigin griewank "
        "schwefelelli schwefelmult levy ellirot",
        X,
        prepare=lambda f: lambda x: f(FITNESS, x),
    ),
    F("SALib.test_functions.Ishigami.evaluate", ROWS[:, :3]),
    F("SALib.test_functions.Sobol_G.evaluate", np.concatenate([ROWS, ROWS], 1)),
    F("SALib.test_functions.linear_model_1.evaluate", ROWS),
    F("SALib.test_functions.linear_model_2.evaluate", np.concatenate([ROWS, ROWS], 1)),
]
