"""Hamiltonian Monte Carlo, compiled whole: the posterior of a regression, whose mean and covariance are known."""

import numpy as np

import wengert as wg

rng = np.random.default_rng(0)
x = np.column_stack([np.ones(50), rng.normal(size=(50, 2))])
y = x @ np.array([1.0, -2.0, 0.5]) + 0.5 * rng.standard_normal(50)


def energy(w):
    """The negative log posterior: noise of deviation 1/2, a standard normal prior."""
    return 2 * np.sum((y - x @ w) ** 2) + 0.5 * np.sum(w**2)


force = wg.grad(energy)


def leapfrog(w, p, step=0.06, length=12):
    """Where a particle at w with momentum p gets to, in steps that keep the volume."""
    p = p - 0.5 * step * force(w)
    for _ in range(length):
        w = w + step * p
        p = p - step * force(w)
    return w, p + 0.5 * step * force(w)


def transition(w, key):
    """One draw: a random push, a flight, and Metropolis' choice."""
    push, choice = wg.random.split(key)
    p = wg.random.normal(push, (3,))
    far, q = leapfrog(w, p)
    gain = energy(w) + 0.5 * np.sum(p**2) - energy(far) - 0.5 * np.sum(q**2)
    accepted = np.log(wg.random.uniform(choice)) < gain
    w = np.where(accepted, far, w)
    return w, (w, accepted)


@wg.jit
def sample(w, keys):
    """A chain of draws."""
    return wg.scan(transition, w, keys)[1]


draws, accepted = sample(np.zeros(3), wg.random.split(wg.random.key(0), 5_000))
draws = draws[100:]

covariance = np.linalg.inv(4 * x.T @ x + np.eye(3))
mean = covariance @ (4 * x.T @ y)
deviation = np.sqrt(np.diag(covariance))
mean_error = np.max(np.abs(draws.mean(0) - mean) / deviation)
spread_error = np.max(np.abs(draws.std(0) / deviation - 1))
print(f"{100 * np.mean(accepted):.0f} % accepted; deviations within {100 * spread_error:.1f} % of the known ones")
print(f"distance of the mean from the known one: {mean_error:.3f} posterior deviations")


def picture(axes):
    """The draws of two weights, and the ellipse of two known deviations."""
    axes.plot(draws[::10, 1], draws[::10, 2], ".", ms=2, color="0.6")
    angle = np.linspace(0, 2 * np.pi, 100)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    ellipse = mean[1:, None] + 2 * np.linalg.cholesky(covariance[1:, 1:]) @ circle
    axes.plot(*ellipse, lw=2)
    axes.set(xlabel="$w_1$", ylabel="$w_2$")
