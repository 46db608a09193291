"""The estimators: scikit-learn's own checks of them, and what they learn next to what scikit-learn learns."""

import importlib
import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn import linear_model, neural_network
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

import wengert as wg
from wengert.estimators import LogisticRegression, MLPClassifier, MLPRegressor
from wengert.estimators.network import OUTPUTS

QUIET = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads of BLAS that wait for each other do so by spinning, which is slow where there is other work to do."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split((X / 16).astype(np.float32), y, random_state=0, stratify=y)


@QUIET
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        MLPClassifier(max_iter=20),
        MLPRegressor(max_iter=20),
        MLPRegressor("squared_error", (5,), solver="lbfgs"),
        LogisticRegression(),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@QUIET
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"solver": "sgd", "learning_rate_init": 0.1},
        {"solver": "sgd", "learning_rate_init": 0.2, "learning_rate": "adaptive", "nesterovs_momentum": False},
        {"solver": "sgd", "learning_rate_init": 0.5, "learning_rate": "invscaling", "momentum": 0.95},
        {"solver": "lbfgs"},
        {"activation": "logistic", "learning_rate_init": 0.01},
        {"activation": "tanh", "hidden_layer_sizes": (40, 20)},
        {"early_stopping": True, "batch_size": 64},
    ],
)
def test_digits_as_well_as_scikit_learn(digits, options):
    X, held, y, truth = digits
    ours = MLPClassifier(random_state=1, max_iter=60, **options).fit(X, y)
    theirs = neural_network.MLPClassifier(random_state=1, max_iter=60, **options).fit(X, y)
    assert ours.score(held, truth) > theirs.score(held, truth) - 0.025
    assert ours.score(held, truth) > 0.9
    assert ours.coefs_[0].dtype == np.float32
    assert {name for name in vars(theirs) if name.endswith("_")} <= {name for name in vars(ours) if name.endswith("_")}
    np.testing.assert_allclose(ours.predict_proba(held).sum(axis=1), 1, rtol=1e-5)


@QUIET
def test_the_same_start_and_the_same_batches_give_the_same_losses():
    X, y = load_diabetes(return_X_y=True)
    X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()
    options = {"hidden_layer_sizes": (8,), "solver": "sgd", "batch_size": 100, "shuffle": False, "random_state": 3}
    for more in (
        {"momentum": 0.0},
        {"learning_rate": "invscaling", "momentum": 0.0},
        {"activation": "tanh", "alpha": 0.3},
    ):
        ours = MLPRegressor(max_iter=20, **options, **more).fit(X, y)
        theirs = neural_network.MLPRegressor(max_iter=20, **options, **more).fit(X, y)
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-6)
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-5, atol=1e-6)


@QUIET
def test_regression_and_its_targets():
    x = np.linspace(-3, 3, 200)[:, None]
    both = np.hstack([np.sin(x), np.cos(x)])
    model = MLPRegressor("squared_error", (32,), "tanh", solver="lbfgs", random_state=0, max_iter=500).fit(x, both)
    assert model.predict(x).shape == (200, 2)
    assert model.score(x, both) > 0.999
    rng = np.random.default_rng(0)
    counts = rng.poisson(np.exp(1 + np.sin(x[:, 0])))
    model = MLPRegressor("poisson", (16,), "tanh", solver="lbfgs", random_state=0, alpha=0.1).fit(x, counts)
    assert np.abs(np.log(model.predict(x)) - 1 - np.sin(x[:, 0])).mean() < 0.15
    with pytest.raises(wg.InvalidArgument, match="negative"):
        model.fit(x, counts - 5.0)


def test_poisson_loss_is_half_the_deviance():
    y, out = np.array([[0.0], [1.0], [4.0]]), np.array([[0.3], [-0.2], [1.0]])
    mean = np.exp(out)
    expected = np.array([mean[0], mean[1] - 1 - np.log(mean[1]), 4 * np.log(4 / mean[2]) - 4 + mean[2]])[:, 0]
    np.testing.assert_allclose(OUTPUTS["exp"][1](out, y), expected)


@QUIET
def test_several_labels_at_once():
    X, y = make_multilabel_classification(n_samples=200, n_classes=4, random_state=0)
    model = MLPClassifier((32,), solver="lbfgs", random_state=0, alpha=0.1).fit(X / 10, y)
    assert model.predict(X / 10).shape == y.shape
    assert model.out_activation_ == "logistic"
    assert (model.predict(X / 10) == y).mean() > 0.95


def test_texts_as_classes_and_two_of_them():
    model = MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0).fit(XOR, ["no", "yes", "yes", "no"])
    assert model.predict(XOR).tolist() == ["no", "yes", "yes", "no"]
    assert model.predict_proba(XOR).shape == (4, 2)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(XOR)), model.predict_proba(XOR))


@QUIET
def test_parts_and_restarts(digits):
    X, held, y, truth = digits
    model = MLPClassifier(random_state=0)
    for _ in range(15):
        model.partial_fit(X, y, classes=np.arange(10))
    assert model.n_iter_ == 15 and model.score(held, truth) > 0.9
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.partial_fit(X, y).predict_proba(held), model.partial_fit(X, y).predict_proba(held)
    )
    with pytest.raises(wg.InvalidArgument, match="Leave classes out"):
        model.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(wg.InvalidArgument, match="no classes"):
        MLPClassifier().partial_fit(X, y)
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    warm = MLPClassifier(random_state=0, warm_start=True, max_iter=5)
    losses = [warm.fit(X, y).loss_ for _ in range(3)]
    assert losses[0] > losses[1] > losses[2] and warm.n_iter_ == 15


@QUIET
def test_weights_count_samples():
    X, y = load_diabetes(return_X_y=True)
    X, y, weight = X[:60] * 10, y[:60] / 100, np.arange(60) % 3
    weighted = MLPRegressor("squared_error", (5,), random_state=0).fit(X, y, sample_weight=weight)
    repeated = MLPRegressor("squared_error", (5,), random_state=0).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)
    with pytest.raises(ValueError, match="zero"):
        weighted.fit(X, y, sample_weight=np.zeros(60))


@QUIET
def test_sparse_samples_and_compositions(digits):
    X, held, y, truth = digits
    dense = MLPClassifier((16,), random_state=0, max_iter=5).fit(X, y)
    thin = MLPClassifier((16,), random_state=0, max_iter=5).fit(sparse.csr_array(X), y)
    np.testing.assert_allclose(thin.predict_proba(sparse.csr_array(held)), dense.predict_proba(held), rtol=1e-4)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1e-5, 0.1]}, cv=3
    ).fit(X, y)
    assert search.best_params_["logisticregression__C"] == 0.1
    assert search.score(held, truth) > 0.94


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("options", [{}, {"fit_intercept": False}, {"class_weight": "balanced", "C": 0.1}])
def test_logistic_regression_finds_the_optimum_of_scikit_learn(classes, options):
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    y = y if classes == 2 else y + (X[:, 0] > 1)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    ours = LogisticRegression(tol=1e-8, max_iter=1000, **options).fit(X, y, weight)
    theirs = linear_model.LogisticRegression(tol=1e-8, max_iter=1000, **options).fit(X, y, weight)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-4)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-3)


def test_a_short_fit_warns():
    with pytest.warns(ConvergenceWarning, match="stopped after 2 iterations"):
        MLPClassifier((4,), max_iter=2).fit(XOR, [0, 1, 1, 0])
    with pytest.warns(ConvergenceWarning, match="stopped after 1 iterations"):
        LogisticRegression(max_iter=1).fit(*load_breast_cancer(return_X_y=True))


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "sine"}, {"solver": "newton"}, {"learning_rate": "fast"}, {"alpha": -1.0}, {"max_iter": 0},
        {"hidden_layer_sizes": (3, 0)}, {"batch_size": 0}, {"early_stopping": True, "validation_fraction": 1.0},
    ],
)  # fmt: skip
def test_parameters_that_make_no_sense(options):
    with pytest.raises(wg.InvalidArgument) as caught:
        MLPClassifier(**options).fit(XOR, [0, 1, 1, 0])
    assert len(str(caught.value).splitlines()) == 3


def test_steps_that_are_too_long_are_refused():
    with np.errstate(all="ignore"), pytest.raises(wg.InvalidArgument, match="no longer finite"):
        MLPRegressor(solver="sgd", learning_rate_init=1e6).fit(XOR, np.arange(4.0))


def test_an_estimator_that_was_not_fitted():
    with pytest.raises(NotFittedError):
        MLPRegressor().predict(XOR)


def test_without_scikit_learn(monkeypatch):
    found = importlib.import_module

    def missing(name, package=None):
        if name == "sklearn":
            raise ImportError(name)
        return found(name, package)

    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.delitem(vars(wg.estimators), "MLPClassifier")
    with pytest.raises(wg.errors.MissingDependency, match="pip install"):
        wg.estimators.MLPClassifier  # noqa: B018
    with pytest.raises(AttributeError):
        wg.estimators.Perceptron  # noqa: B018
