"""Functions of SciPy that take plain numbers only, and that have no twin: what refuses them says so.

They hand arrays of objects to compiled code, or ask for the dtype of what is none, and would fail with an error of
which tensors are no part. Functions that are absent here run on tensors as they are, or have a twin.
"""

from __future__ import annotations

__all__ = ["UNTWINNED"]

UNTWINNED: dict[str, frozenset[str]] = {
    module: frozenset(names.split())
    for module, names in {
        "integrate": """
            nsum solve_bvp
        """,
        "interpolate": """
            AAA CloughTocher2DInterpolator FloaterHormannInterpolator
        """,
        "linalg": """
            clarkson_woodruff_transform cossin ordqz qr_delete qr_insert qr_update qz
        """,
        "ndimage": """
            binary_closing binary_dilation binary_erosion binary_hit_or_miss binary_opening binary_propagation
            distance_transform_bf distance_transform_cdt distance_transform_edt label
        """,
        "optimize": """
            direct fmin_powell milp
        """,
        "signal": """
            argrelextrema cspline2d qspline2d remez spline_filter symiirorder1 symiirorder2
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
