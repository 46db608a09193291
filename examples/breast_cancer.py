"""Logistic regression on 569 tumours by Newton's method, with standard errors from the same Hessian."""

import numpy as np

import wengert as wg

data = wg.data.load_breast_cancer()
order = np.random.default_rng(0).permutation(len(data.y))
train, test = order[:450], order[450:]
x = (data.x - data.x[train].mean(0)) / data.x[train].std(0)
x = np.column_stack([np.ones(len(x)), x])
sign = 2 * data.y - 1


def loss(w):
    """The negative log posterior: a standard normal prior on every weight but the intercept."""
    return np.sum(np.logaddexp(0, -sign[train] * (x[train] @ w))) + 0.5 * np.sum(w[1:] ** 2)


found = wg.optim.minimize_newton(wg.jit(loss), np.zeros(31))
accuracy = np.mean((x[test] @ found.x > 0) == data.y[test])
errors = np.sqrt(np.diag(np.linalg.inv(wg.hessian(loss)(found.x))))
strongest = 1 + np.argmax(np.abs(found.x[1:] / errors[1:]))
print(f"strongest: {data.features[strongest - 1]}, {found.x[strongest]:.2f} ± {errors[strongest]:.2f}")
print(f"test accuracy: {accuracy:.3f} after {found.iterations} Newton steps")
