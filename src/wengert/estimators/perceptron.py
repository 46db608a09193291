"""What the classifier and the regressor share: parameters and training.

Parameters, attributes and their meaning are those of scikit-learn's `MLPClassifier` and `MLPRegressor`. One differs:
the learning rate multiplies the velocity of solver "sgd" when it is used, as in PyTorch, not when it is gathered, so
that a rate that changes applies at once to all of it.
"""

from __future__ import annotations

import warnings
from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from wengert import tree
from wengert.errors import refuse
from wengert.estimators.descent import descend
from wengert.estimators.network import ACTIVATIONS, drawn, forward, objective, trainer

__all__ = ["Perceptron", "counted", "dense", "stochastic", "unconverged"]

_BATCH = 200
_SLOWEST = 1e-6  # a learning rate that is not divided further
_SOLVERS = ("adam", "sgd", "lbfgs")
_RATES = ("constant", "invscaling", "adaptive")


def stochastic(self: Any) -> bool:
    """Whether it trains on batches, so that it can also be trained in parts."""
    return bool(self.solver != "lbfgs")


def dense(x: Any) -> Any:
    """Samples as an ndarray."""
    return x if isinstance(x, np.ndarray) else x.toarray()


def counted(sample_weight: Any, x: Any) -> Any:
    """What each sample counts; not negative, and not all 0."""
    weight = _check_sample_weight(sample_weight, x, dtype=x.dtype, ensure_non_negative=True)
    if not weight.sum() > 0:
        raise refuse("all sample weights are zero", "Nothing would be learned.", "Give positive weights.")
    return weight


def unconverged(estimator: Any, stacklevel: int) -> None:
    """Warn that max_iter was reached."""
    warnings.warn(
        f"{type(estimator).__name__} stopped after {estimator.max_iter} iterations without having converged. "
        "Scale the data, or raise max_iter.",
        ConvergenceWarning,
        stacklevel=stacklevel + 1,
    )


class Perceptron(BaseEstimator, metaclass=ABCMeta):  # type: ignore[misc]
    """Layers of linear maps and an activation, trained by gradients."""

    out_activation_: str
    n_outputs_: int

    def __init__(
        self,
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # --- what a classifier and a regressor differ in --------------------------------------------------------------

    @abstractmethod
    def _targets(self, y: Any, fresh: bool) -> Any:
        """y as real numbers, (samples, outputs); fresh: what was learned before is forgotten."""

    @abstractmethod
    def _validation_score(self, x: Any, y: Any, weight: Any) -> float:
        """How good the predictions are, from encoded targets; greater is better."""

    # --- public ---------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train on samples X, (n, features), dense or sparse, with targets y; sample_weight: what each counts, (n,)."""
        self._check()
        fresh = not (self.warm_start and hasattr(self, "coefs_"))
        x, targets, weight = self._validated(X, y, sample_weight, fresh)
        if fresh:
            self._begin(x.shape[1], x.dtype)
        if self.solver == "lbfgs":
            self._descend(x, targets, weight)
        else:
            self._train(x, targets, weight, epochs=self.max_iter)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Any:
        """One pass over samples, from what was learned before."""
        self._check()
        if self.early_stopping:
            raise refuse(
                "partial_fit with early_stopping=True",
                "It makes one pass, which cannot stop early.",
                "Set early_stopping=False.",
            )
        fresh = not hasattr(self, "coefs_")
        x, targets, weight = self._validated(X, y, sample_weight, fresh)
        if fresh:
            self._begin(x.shape[1], x.dtype)
        self._train(x, targets, weight, epochs=1, partial=True)
        return self

    # --- steps ----------------------------------------------------------------------------------------------------

    def _hidden(self) -> list[int]:
        """The sizes of the hidden layers."""
        sizes = self.hidden_layer_sizes
        return [int(n) for n in sizes] if isinstance(sizes, Iterable) else [int(sizes)]

    def _check(self) -> None:
        """Raise `InvalidArgument` for parameters that make no sense."""
        for name, known in (("activation", tuple(ACTIVATIONS)), ("solver", _SOLVERS), ("learning_rate", _RATES)):
            if getattr(self, name) not in known:
                raise refuse(f"{name}={getattr(self, name)!r} was given", "It is not known.", f"Give one of {known}.")
        at_least = {"alpha": 0, "learning_rate_init": 0, "max_iter": 1, "tol": 0, "n_iter_no_change": 1, "max_fun": 1}
        for name, least in at_least.items():
            if not getattr(self, name) >= least:
                raise refuse(f"{name}={getattr(self, name)} was given", "It is too small.", f"Give at least {least}.")
        if any(n <= 0 for n in self._hidden()):
            raise refuse(
                f"hidden_layer_sizes={self.hidden_layer_sizes} was given",
                "A layer has at least one unit.",
                "Give positive numbers; () for no hidden layer.",
            )
        if self.batch_size != "auto" and not self.batch_size >= 1:
            raise refuse(f"batch_size={self.batch_size} was given", "A batch has samples.", "Give 'auto' or 1 or more.")
        if self.early_stopping and not 0 < self.validation_fraction < 1:
            raise refuse(
                f"validation_fraction={self.validation_fraction} was given",
                "It is the part of the samples that is kept for validation.",
                "Give a number between 0 and 1.",
            )

    def _validated(self, X: Any, y: Any, sample_weight: Any, fresh: bool) -> tuple[Any, Any, Any]:
        """Samples, encoded targets and what each sample counts, in the precision of the samples."""
        x, y = validate_data(
            self, X, y, accept_sparse="csr", multi_output=True, dtype=(np.float64, np.float32), reset=fresh
        )
        targets = self._targets(y, fresh).astype(x.dtype)
        weight = np.ones(x.shape[0], x.dtype)
        if sample_weight is not None:
            weight = counted(sample_weight, x)
        return x, targets, weight

    def _begin(self, features: int, dtype: Any) -> None:
        """Draw parameters, and forget what was learned."""
        self._random = check_random_state(self.random_state)
        sizes = [features, *self._hidden(), self.n_outputs_]
        self._keep(drawn(sizes, self.activation, self._random, dtype))
        self.n_layers_, self.n_iter_, self.t_ = len(sizes), 0, 0
        self.loss_curve_: list[float] = []
        self.best_loss_: float | None = np.inf
        self.validation_scores_: list[float] | None = [] if self.early_stopping else None
        self.best_validation_score_: float | None = -np.inf if self.early_stopping else None
        self._state: Any = None
        self._rate = self.learning_rate_init

    def _keep(self, params: Any) -> None:
        self.coefs_ = [np.asarray(weight) for weight, _ in params]
        self.intercepts_ = [np.asarray(bias) for _, bias in params]

    @property
    def _params(self) -> Any:
        return list(zip(self.coefs_, self.intercepts_, strict=True))

    def _descend(self, x: Any, y: Any, weight: Any) -> None:
        """All samples at once, by L-BFGS."""
        f, x = objective(self.activation, self.out_activation_), dense(x)
        alpha = x.dtype.type(self.alpha)

        def value(params: Any) -> Any:
            loss, gradient = f(params, x, y, weight, alpha)
            self.loss_curve_.append(float(loss))
            return loss, gradient

        params, found = descend(value, self._params, maxiter=self.max_iter, maxfun=self.max_fun, gtol=self.tol)
        self._keep(params)
        self.n_iter_, self.loss_ = min(found.nit, self.max_iter), float(found.fun)
        self.best_loss_ = self.loss_
        if found.status == 1:
            unconverged(self, stacklevel=3)

    def _optimiser(self) -> tuple[Any, Any]:
        """What begins the optimiser's state, and its compiled step."""
        if self.solver == "adam":
            options: dict[str, Any] = {"betas": (self.beta_1, self.beta_2), "eps": self.epsilon}
        else:
            nesterov = bool(self.nesterovs_momentum and self.momentum > 0)
            options = {"momentum": self.momentum, "nesterov": nesterov}
        return trainer(self.activation, self.out_activation_, self.solver, tuple(options.items()))

    def _train(self, x: Any, y: Any, weight: Any, epochs: int, partial: bool = False) -> None:
        """Epochs of steps on batches, until the loss (or the score of the validation part) no longer improves."""
        init, step = self._optimiser()
        kept: Any = None
        if self.early_stopping:
            parts = train_test_split(
                x, y, weight, test_size=self.validation_fraction, random_state=self._random, stratify=self._strata(y)
            )
            (x, y, weight), kept = parts[::2], parts[1::2]
        if self._state is None or not partial:
            self._state = init(self._params)
        params, state, patience, first = self._params, self._state, 0, self.n_iter_
        best: Any = params
        for _ in range(epochs):
            params, state = self._epoch(step, params, state, x, y, weight)
            if kept is not None:
                self._keep(params)
                worse, better = self._scored(self._validation_score(*kept))
                best = params if better else best
            else:
                worse = self._no_better()
            patience = patience + 1 if worse else 0
            if patience > self.n_iter_no_change:
                if not self._slower():
                    break
                patience = 0
        else:
            if not partial and self.n_iter_ - first == self.max_iter:
                self._keep(params)
                unconverged(self, stacklevel=3)
        self._state = tree.map(np.asarray, state)
        self._keep(best if kept is not None else params)

    def _epoch(self, step: Any, params: Any, state: Any, x: Any, y: Any, weight: Any) -> tuple[Any, Any]:
        """The parameters and the optimiser's state after one pass over the samples."""
        total, alpha, rate = 0.0, x.dtype.type(self.alpha), x.dtype.type(self._rate)
        for batch, counts in self._batches(weight):
            params, state, loss = step(params, state, dense(x[batch]), y[batch], counts, alpha, rate)
            total += float(loss) * float(counts.sum())
        self.n_iter_ += 1
        self.t_ += x.shape[0]
        self.loss_ = total / float(weight.sum())
        self.loss_curve_.append(self.loss_)
        if not np.isfinite(self.loss_):
            raise refuse("the loss is no longer finite", "The steps are too long.", "Lower learning_rate_init.")
        if self.learning_rate == "invscaling" and self.solver == "sgd":
            self._rate = self.learning_rate_init / (self.t_ + 1) ** self.power_t
        if self.verbose:
            print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
        return params, state

    def _no_better(self) -> bool:
        """Whether the loss is no improvement to speak of."""
        assert self.best_loss_ is not None
        worse = self.loss_ > self.best_loss_ - self.tol
        self.best_loss_ = min(self.loss_, self.best_loss_)
        return worse

    def _strata(self, y: Any) -> Any:
        """What is to be as frequent in the validation part as in the other."""
        return None

    def _scored(self, score: float) -> tuple[bool, bool]:
        """Whether a score is no improvement to speak of, and whether it is the best."""
        assert self.validation_scores_ is not None
        assert self.best_validation_score_ is not None
        self.validation_scores_.append(score)
        worse, better = score < self.best_validation_score_ + self.tol, score > self.best_validation_score_
        self.best_validation_score_, self.best_loss_ = max(score, self.best_validation_score_), None
        return worse, better

    def _slower(self) -> bool:
        """Divide an adaptive learning rate; whether that could be done."""
        if self.solver != "sgd" or self.learning_rate != "adaptive" or self._rate <= _SLOWEST:
            return False
        self._rate /= 5
        return True

    def _batches(self, weight: Any) -> Iterator[tuple[Any, Any]]:
        """The numbers of the samples of each batch, and what they count; all are of one size, for one compilation.

        The last one is filled up with samples that count nothing.
        """
        n = len(weight)
        size = min(_BATCH if self.batch_size == "auto" else int(self.batch_size), n)
        order = self._random.permutation(n) if self.shuffle else np.arange(n)
        for start in range(0, n, size):
            batch = order[start : start + size]
            counts = weight[batch]
            missing = size - len(batch)
            if missing:
                batch, counts = np.append(batch, order[:missing]), np.append(counts, np.zeros(missing, counts.dtype))
            if counts.sum() > 0:
                yield batch, counts

    def _forward(self, X: Any) -> Any:
        """The result of the last layer."""
        check_is_fitted(self)
        dtypes = (np.float64, np.float32)
        x = dense(validate_data(self, X, accept_sparse="csr", dtype=dtypes, reset=False))
        return forward(self._params, x, self.activation)
