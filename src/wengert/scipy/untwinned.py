"""Functions of SciPy that take plain numbers only, and that have no twin: what refuses them says so.

They hand arrays of objects to compiled code, or ask for the dtype of what is none, and would fail with an error of
which tensors are no part. Functions that are absent here run on tensors as they are, or have a twin.
"""

from __future__ import annotations

__all__ = ["UNTWINNED", "instead"]

_NAMES: dict[str, frozenset[str]] = {
    module: frozenset(names.split())
    for module, names in {
        "integrate": """
            nsum solve_bvp
        """,
        "interpolate": """
            AAA FloaterHormannInterpolator
        """,
        "ndimage": """
            binary_closing binary_dilation binary_erosion binary_hit_or_miss binary_opening binary_propagation
            distance_transform_bf distance_transform_cdt distance_transform_edt label
        """,
        "optimize": """
            direct
        """,
        "signal": """
            argrelextrema spline_filter
        """,
        "sparse.linalg": """
            funm_multiply_krylov lobpcg onenormest
        """,
        "spatial": """
            ConvexHull Delaunay KDTree SphericalVoronoi Voronoi cKDTree geometric_slerp
        """,
        "spatial.transform": """
            RigidTransform Rotation RotationSpline Slerp
        """,
        "special": """
            lqmn lqn mathieu_even_coef mathieu_odd_coef obl_cv_seq pbdn_seq pro_cv_seq
        """,
        "stats": """
            ansari binned_statistic binned_statistic_2d binned_statistic_dd boxcox_normmax boxcox_normplot
            chatterjeexi cramervonmises cramervonmises_2samp epps_singleton_2samp
            false_discovery_control fit friedmanchisquare goodness_of_fit kruskal ks_1samp kstest
            mannwhitneyu mode mood multiscale_graphcorr
            pointbiserialr poisson_binom ppcc_max quantile rv_continuous rv_discrete rv_histogram spearmanrho
            tukey_hsd UnivariateDistribution wilcoxon yeojohnson_normmax yeojohnson_normplot
        """,
    }.items()
}

_MINIMIZERS = {
    "fmin_bfgs": "BFGS",
    "fmin_cg": "CG",
    "fmin_cobyla": "COBYLA",
    "fmin_l_bfgs_b": "L-BFGS-B",
    "fmin_ncg": "Newton-CG",
    "fmin_powell": "Powell",
    "fmin_slsqp": "SLSQP",
    "fmin_tnc": "TNC",
}
_CHANGED = "Write wengert.scipy.linalg.qr of the changed matrix."
_PENCIL = (
    "Write schur(solve(b, a)) with those of wengert.scipy.linalg, or eig of it for what does not depend on the basis."
)
_RECURSIVE = "Write wengert.scipy.signal.lfilter once forwards and once on the reversed result, or sosfiltfilt."

_INSTEAD = {
    "interpolate.CloughTocher2DInterpolator": "Write wengert.scipy.interpolate.RBFInterpolator, which is smooth, too.",
    "linalg.clarkson_woodruff_transform": "Make the sketch of numbers, s = clarkson_woodruff_transform(np.eye(n), k), "
    "and write s @ a.",
    "linalg.cossin": "Write wengert.scipy.linalg.svd of the blocks: singular values are the cosines and sines.",
    "linalg.ordqz": _PENCIL,
    "linalg.qr_delete": _CHANGED,
    "linalg.qr_insert": _CHANGED,
    "linalg.qr_update": _CHANGED,
    "linalg.qz": _PENCIL,
    **{
        f"optimize.{name}": f"Write wengert.scipy.optimize.minimize(f, x0, method={method!r})."
        for name, method in _MINIMIZERS.items()
    },
    "optimize.approx_fprime": "Write wg.grad(f)(x), which is exact.",
    "optimize.check_grad": "Write wg.testing.check_grads(f, (x,)), which compares all modes.",
    "optimize.differential_evolution": "Find x of numbers, and write wengert.scipy.optimize.minimize(f, x) from there.",
    "optimize.milp": "Find the integers of numbers, and write wengert.scipy.optimize.linprog with these held.",
    "signal.cspline2d": "Write wengert.scipy.ndimage.spline_filter(x, 3, mode='reflect').",
    "signal.qspline2d": "Write wengert.scipy.ndimage.spline_filter(x, 2, mode='reflect').",
    "signal.remez": "Write wengert.scipy.signal.firls, of least squares, which is smooth in bands and desired gains.",
    "signal.symiirorder1": _RECURSIVE,
    "signal.symiirorder2": _RECURSIVE,
}

UNTWINNED: dict[str, frozenset[str]] = {
    module: _NAMES.get(module, frozenset())
    | {name.rpartition(".")[2] for name in _INSTEAD if name.rpartition(".")[0] == module}
    for module in (*_NAMES, "linalg")
}


def instead(name: str) -> str:
    """What to write instead of the function (or method) of SciPy of that full name.

    >>> instead("scipy.linalg.qr_update")
    'Write wengert.scipy.linalg.qr of the changed matrix.'
    """
    return next((text for key, text in _INSTEAD.items() if f"{name}.".startswith(f"scipy.{key}.")), _ANYTHING)


_ANYTHING = "Write it with NumPy's functions, give it a rule, wg.custom(f, vjp=...), or x.detach() for no gradient."
