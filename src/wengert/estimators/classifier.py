"""MLPClassifier: the perceptron as a classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import column_or_1d

from wengert.errors import refuse
from wengert.estimators.network import OUTPUTS, forward
from wengert.estimators.perceptron import Perceptron, dense, stochastic

__all__ = ["MLPClassifier"]


class MLPClassifier(ClassifierMixin, Perceptron):  # type: ignore[misc]
    """A perceptron of several layers that classifies, with the parameters of scikit-learn's.

    hidden_layer_sizes: units of each hidden layer. activation: "identity", "logistic", "tanh" or "relu". solver:
    "adam", "sgd" or "lbfgs". alpha: the weight of the penalty on squared weights. early_stopping: keep a part of the
    samples to stop by. y may hold two classes, many, or rows of 0 and 1 for several labels at once.

    >>> import numpy as np, wengert as wg
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> model = wg.estimators.MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0)
    >>> model.fit(X, ["no", "yes", "yes", "no"]).predict(X).tolist()
    ['no', 'yes', 'yes', 'no']
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _targets(self, y: Any, fresh: bool) -> Any:
        check_classification_targets(y)
        several = np.ndim(y) == 2 and np.shape(y)[1] > 1
        if not several:
            y = column_or_1d(y, warn=True)
        if fresh or not hasattr(self, "classes_"):
            classes = getattr(self, "_announced", None)
            self._binarizer = LabelBinarizer().fit(y if classes is None else classes)
            self.classes_ = self._binarizer.classes_
        elif not several and set(unique_labels(y)) - set(self.classes_):
            raise refuse(
                f"y has classes {sorted(set(unique_labels(y)) - set(self.classes_))} that are new",
                f"The classes of the first call were {list(self.classes_)}.",
                "Name all classes in the first call of partial_fit: classes=..., or set warm_start=False.",
            )
        targets = self._binarizer.transform(y)
        self.n_outputs_ = targets.shape[1]
        self.out_activation_ = "logistic" if several or self.n_outputs_ == 1 else "softmax"
        return targets

    def _strata(self, y: Any) -> Any:
        if y.shape[1] > 1 and self.out_activation_ == "logistic":
            return None
        return y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]

    def _validation_score(self, x: Any, y: Any, weight: Any) -> float:
        out = forward(self._params, dense(x), self.activation)
        if self.out_activation_ == "softmax":
            return float(accuracy_score(y.argmax(axis=1), out.argmax(axis=1), sample_weight=weight))
        return float(accuracy_score(y.astype(int), (out > 0).astype(int), sample_weight=weight))

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train on samples X, (n, features), dense or sparse, with classes y; sample_weight: what each counts, (n,)."""
        self._announced: Any = None
        return super().fit(X, y, sample_weight)

    @available_if(stochastic)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Any:
        """One pass over these samples. classes: all that there will be; needed in the first call."""
        if not hasattr(self, "classes_"):
            if classes is None:
                raise refuse(
                    "the first call of partial_fit got no classes",
                    "Later samples may belong to classes that are not in this y.",
                    "Write partial_fit(X, y, classes=np.unique(all_y)).",
                )
            self._announced = np.unique(classes) if np.ndim(classes) < 2 else classes
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise refuse(
                f"partial_fit got classes={list(np.unique(classes))}",
                f"Those of the first call were {list(self.classes_)}.",
                "Leave classes out.",
            )
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Any:
        """The most probable class of each sample; of several labels, those more probable than not."""
        out = self._forward(X)
        if self.out_activation_ == "softmax":
            return self.classes_[out.argmax(axis=1)]
        return self._binarizer.inverse_transform((out > 0).astype(int))

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class (or label), (n, classes), in the order of `classes_`."""
        out = self._forward(X)
        out = OUTPUTS[self.out_activation_][0](out)
        return np.hstack([1 - out, out]) if out.shape[1] == 1 else out

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))
