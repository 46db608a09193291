"""MLPRegressor: the perceptron as a regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import column_or_1d

from wengert.errors import refuse
from wengert.estimators.network import OUTPUTS, forward
from wengert.estimators.perceptron import Perceptron, dense, stochastic

__all__ = ["MLPRegressor"]

_LOSSES = {"squared_error": "identity", "poisson": "exp"}  # and what makes predictions of the last layer's results


class MLPRegressor(RegressorMixin, Perceptron):  # type: ignore[misc]
    """A perceptron of several layers for real numbers, with the parameters of scikit-learn's.

    loss: "squared_error", or "poisson" for counts (half the deviance, of means exp(...)); the others as in
    `MLPClassifier`. y may have several columns.

    >>> import numpy as np, wengert as wg
    >>> x = np.linspace(-3, 3, 50)[:, None]
    >>> model = wg.estimators.MLPRegressor("squared_error", (16,), "tanh", solver="lbfgs", random_state=0)
    >>> bool(model.fit(x, np.sin(x[:, 0])).score(x, np.sin(x[:, 0])) > 0.99)
    True
    """

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 1e-4,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 1e-3,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
        )
        self.loss = loss

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check(self) -> None:
        super()._check()
        if self.loss not in _LOSSES:
            raise refuse(f"loss={self.loss!r} was given", "It is not known.", f"Give one of {tuple(_LOSSES)}.")

    def _targets(self, y: Any, fresh: bool) -> Any:
        if np.ndim(y) == 2 and np.shape(y)[1] == 1:
            y = column_or_1d(y, warn=True)
        columns = np.asarray(y, float)
        if self.loss == "poisson" and (columns < 0).any():
            raise refuse("loss='poisson' got a negative y", "Counts are not negative.", "Use loss='squared_error'.")
        if fresh:
            self._flat = columns.ndim == 1
            self.n_outputs_ = 1 if self._flat else columns.shape[1]
            self.out_activation_ = _LOSSES[self.loss]
        columns = columns.reshape(len(columns), -1)
        if columns.shape[1] != self.n_outputs_:
            raise refuse(
                f"y has {columns.shape[1]} columns",
                f"It had {self.n_outputs_} in the first call.",
                "Give the same targets, or a new estimator.",
            )
        return columns

    def _validation_score(self, x: Any, y: Any, weight: Any) -> float:
        out = OUTPUTS[self.out_activation_][0](forward(self._params, dense(x), self.activation))
        return float(r2_score(y, out, sample_weight=weight))

    @available_if(stochastic)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """One pass over these samples."""
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Any:
        """The value for each sample: (n,), or (n, columns) if y had columns."""
        out = self._forward(X)
        out = OUTPUTS[self.out_activation_][0](out)
        return out[:, 0] if self._flat else out
