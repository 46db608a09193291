"""scikit-learn: kernels, metrics, losses."""

from __future__ import annotations

import numpy as np

from tests.strangers.case import Case, F, calls

__all__ = ["CASES"]

X = np.array([[0.3, 1.2, -0.4], [0.9, -0.7, 0.5], [1.4, 0.2, 0.8], [-0.6, 0.4, 1.9]])
Y = np.array([[1.0, 0.5, 0.3], [-0.2, 0.8, 1.1]])
POSITIVE = np.array([[0.3, 1.2, 0.4], [0.9, 0.7, 0.5]])
TRUE = np.array([1.2, 0.4, 2.3, 1.7])
PREDICTED = np.array([1.0, 0.75, 2.0, 2.3])
LABELS = np.array([0, 1, 1, 0])
CHANCES = np.array([0.2, 0.7, 0.6, 0.4])
KERNELS = "sklearn.gaussian_process.kernels."

CASES: list[Case] = [
    *calls(
        "sklearn.metrics.pairwise",
        "linear_kernel polynomial_kernel sigmoid_kernel rbf_kernel laplacian_kernel "
        "cosine_similarity cosine_distances euclidean_distances manhattan_distances "
        "paired_euclidean_distances paired_manhattan_distances paired_cosine_distances "
        "haversine_distances",
        X[:2, :2],
        Y[:, :2],
    ),
    F("sklearn.metrics.pairwise.additive_chi2_kernel", POSITIVE, POSITIVE[::-1]),
    F("sklearn.metrics.pairwise.chi2_kernel", POSITIVE, POSITIVE[::-1]),
    *calls(
        "sklearn.metrics",
        "mean_squared_error mean_absolute_error root_mean_squared_error "
        "mean_squared_log_error root_mean_squared_log_error mean_absolute_percentage_error "
        "median_absolute_error r2_score explained_variance_score max_error "
        "mean_poisson_deviance mean_gamma_deviance mean_tweedie_deviance d2_tweedie_score "
        "d2_absolute_error_score mean_pinball_loss",
        TRUE,
        PREDICTED,
    ),
    *calls(
        "sklearn.metrics",
        "mean_squared_error mean_absolute_error root_mean_squared_error "
        "mean_squared_log_error mean_absolute_percentage_error median_absolute_error r2_score "
        "explained_variance_score mean_pinball_loss",
        np.stack([TRUE, TRUE[::-1]], 1),
        np.stack([PREDICTED, PREDICTED], 1),
        multioutput="raw_values",
    ),
    F("sklearn.metrics.log_loss", LABELS, CHANCES),
    F("sklearn.metrics.brier_score_loss", LABELS, CHANCES),
    F("sklearn.metrics.hinge_loss", LABELS, PREDICTED),
    F("sklearn.metrics.silhouette_score", X, LABELS),
    F("sklearn.metrics.davies_bouldin_score", X, LABELS),
    F("sklearn.metrics.calinski_harabasz_score", X, LABELS),
    F(KERNELS + "RBF", X, Y, prepare=lambda k: k(0.8)),
    F(KERNELS + "Matern", X, Y, prepare=lambda k: k(0.8, nu=1.5)),
    F(KERNELS + "RationalQuadratic", X, Y, prepare=lambda k: k(0.8, 1.2)),
    F(KERNELS + "ExpSineSquared", X, Y, prepare=lambda k: k(0.8, 1.2)),
    F(KERNELS + "DotProduct", X, Y, prepare=lambda k: k(0.8)),
    F(KERNELS + "ConstantKernel", X, Y, 0.8, wrt=2, prepare=lambda k: lambda x, y, c: k(c)(x, y)),
    F(KERNELS + "RBF", X, Y, 0.8, wrt=2, prepare=lambda k: lambda x, y, c: k(c)(x, y)),
    F("sklearn.utils.extmath.softmax", X),
    F("sklearn.utils.extmath.row_norms", X),
    F("sklearn.utils.extmath.squared_norm", X),
    F("sklearn.utils.extmath.safe_sparse_dot", X, Y.T),
    F("sklearn.utils.extmath.fast_logdet", X[:3] @ X[:3].T + np.eye(3)),
    F("sklearn.utils.extmath.stable_cumsum", TRUE),
    F("sklearn.preprocessing.normalize", X),
    F("sklearn.preprocessing.scale", X),
    F("sklearn.preprocessing.minmax_scale", X),
    F("sklearn.preprocessing.maxabs_scale", X),
    F("sklearn.preprocessing.add_dummy_feature", X),
    *calls(
        "sklearn.neural_network._base",
        "inplace_tanh inplace_logistic inplace_relu inplace_softmax",
        X,
        prepare=lambda f: lambda x: (lambda y: (f(y), y)[1])(x * 1.0),
    ),
    F("sklearn.neural_network._base.squared_loss", TRUE, PREDICTED),
    F("sklearn.neural_network._base.log_loss", np.eye(2)[LABELS], np.stack([1 - CHANCES, CHANCES], 1), wrt=1),
    F("sklearn.neural_network._base.poisson_loss", TRUE, PREDICTED),
    F("sklearn.covariance.empirical_covariance", X),
    F("sklearn.covariance.log_likelihood", Y.T @ Y + np.eye(3), np.eye(3) + 0.1, wrt=(0, 1)),
    F("sklearn.covariance.shrunk_covariance", Y.T @ Y + np.eye(3), 0.2),
    F("sklearn.mixture._gaussian_mixture._estimate_log_gaussian_prob", X, Y, np.array([1.2, 0.7]), "spherical"),
    F("sklearn.mixture._gaussian_mixture._estimate_log_gaussian_prob", X, Y, np.abs(Y) + 0.5, "diag"),
    F("sklearn.mixture._gaussian_mixture._compute_log_det_cholesky", np.abs(Y), "diag", 3),
    F(
        "sklearn.linear_model._linear_loss.LinearModelLoss",
        np.array([0.3, -0.2, 0.5]),
        wrt=0,
        prepare=lambda c: (
            lambda w: c(__import__("sklearn._loss", fromlist=["x"]).HalfSquaredError(), fit_intercept=False).loss(
                w, X, TRUE
            )
        ),
    ),
    F("sklearn._loss.link.LogitLink", CHANCES, prepare=lambda k: k().link),
    F("sklearn._loss.link.LogLink", TRUE, prepare=lambda k: k().link),
    F("sklearn._loss.link.MultinomialLogit", X, prepare=lambda k: k().inverse),
    F("sklearn.metrics.dcg_score", np.array([[3.0, 1.0, 2.0]]), np.array([[0.3, 0.1, 0.7]]), wrt=0),
    F("sklearn.metrics.ndcg_score", np.array([[3.0, 1.0, 2.0]]), np.array([[0.3, 0.1, 0.7]]), wrt=0),
]
