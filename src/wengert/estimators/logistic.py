"""LogisticRegression: probabilities that are exponentials of linear functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from wengert.errors import refuse
from wengert.estimators.descent import descend
from wengert.estimators.network import OUTPUTS, objective
from wengert.estimators.perceptron import counted, dense, unconverged

__all__ = ["LogisticRegression"]


class LogisticRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression with a penalty on squared coefficients, by L-BFGS on exact gradients.

    It minimises C Σ loss + Σ w² / 2; the intercept is free. C: a small one for a strong penalty. class_weight: what a
    class counts, as a dict, or "balanced". After fitting: `coef_` (classes, features), of two classes (1, features),
    `intercept_`, `classes_`, `n_iter_`.

    >>> import numpy as np, wengert as wg
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 0, 1, 1]
    >>> model = wg.estimators.LogisticRegression().fit(X, y)
    >>> bool(abs(model.predict_proba([[1.5]])[0, 0] - 0.5) < 1e-3)
    True
    """

    coef_: Any
    intercept_: Any

    def __init__(
        self,
        C: float = 1.0,
        *,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        class_weight: Any = None,
        max_iter: int = 100,
        warm_start: bool = False,
    ) -> None:
        self.C = C
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.warm_start = warm_start

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Find the coefficients for samples X, (n, features), and classes y; sample_weight: what each counts, (n,)."""
        if not self.C > 0 or not self.max_iter >= 1:
            raise refuse(f"C={self.C}, max_iter={self.max_iter} was given", "Both are positive.", "Give C=1.0.")
        x, y = validate_data(self, X, y, accept_sparse="csr", dtype=(np.float64, np.float32))
        x = dense(x)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        weight = counted(sample_weight, x)
        if self.class_weight is not None:
            weight = weight * self._of_classes(y, weight).astype(x.dtype)
        binarizer = LabelBinarizer().fit(y)
        targets = binarizer.transform(y).astype(x.dtype)
        if len(binarizer.classes_) < 2:
            raise refuse("y has only one class", "There is nothing to tell apart.", "Give samples of two classes.")
        start = [(np.zeros((x.shape[1], targets.shape[1]), x.dtype), np.zeros(targets.shape[1], x.dtype))]
        if self.warm_start and hasattr(self, "coef_") and self.coef_.T.shape == start[0][0].shape:
            start = [(self.coef_.T, self.intercept_)]
        f = objective("identity", self._output(targets.shape[1]))

        def value(params: Any) -> Any:
            loss, [(slope, shift)] = f(params, x, targets, weight, x.dtype.type(1 / self.C))
            return loss, [(slope, shift if self.fit_intercept else 0 * shift)]

        limits = {"maxiter": self.max_iter, "gtol": self.tol, "ftol": 64 * np.finfo(float).eps}
        [(slope, self.intercept_)], found = descend(value, start, **limits)
        self.coef_, self.classes_ = slope.T, binarizer.classes_
        self.n_iter_ = np.array([found.nit])
        if found.status == 1:
            unconverged(self, stacklevel=2)
        return self

    def _of_classes(self, y: Any, weight: Any) -> Any:
        """What each sample counts because of its class; balanced: each class as much as any other."""
        if self.class_weight != "balanced":
            return compute_sample_weight(self.class_weight, y)
        classes, places = np.unique(y, return_inverse=True)
        return (weight.sum() / (len(classes) * np.bincount(places, weight)))[places]

    @staticmethod
    def _output(columns: int) -> str:
        return "logistic" if columns == 1 else "softmax"

    def decision_function(self, X: Any) -> Any:
        """The logits: (n,) of two classes, (n, classes) of more."""
        check_is_fitted(self)
        x = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        out = x @ self.coef_.T + self.intercept_
        return out[:, 0] if out.shape[1] == 1 else out

    def predict(self, X: Any) -> Any:
        """The most probable class of each sample."""
        out = self.decision_function(X)
        return self.classes_[(out > 0).astype(int) if out.ndim == 1 else out.argmax(axis=1)]

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, (n, classes), in the order of `classes_`."""
        out = self.decision_function(X)
        out = out.reshape(len(out), -1)
        out = OUTPUTS[self._output(out.shape[1])][0](out)
        return np.hstack([1 - out, out]) if out.shape[1] == 1 else out

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))
