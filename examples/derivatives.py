"""Derivatives of tanh up to the seventh, each by a backward pass through the one before."""

import numpy as np
from numpy.polynomial import Polynomial

import wengert as wg

x = wg.tensor(np.linspace(-3, 3, 301), requires_grad=True)
found = [np.tanh(x)]
for _ in range(7):
    (derivative,) = wg.autograd.grad(found[-1].sum(), x, create_graph=True)
    found.append(derivative)

# With t = tanh x, d/dx p(t) = p′(t) (1 − t²): every derivative is a polynomial of t.
exact = [Polynomial([0, 1])]
for _ in range(7):
    exact.append(exact[-1].deriv() * Polynomial([1, 0, -1]))

t = np.tanh(x.detach().numpy())
error = max(np.max(np.abs(f.detach().numpy() - p(t))) / np.max(np.abs(p(t))) for f, p in zip(found, exact, strict=True))
print(f"largest distance from the polynomials: {error:.1e} of the derivative's height")


def picture(axes):
    """All of them, each scaled to height 1."""
    for order, f in enumerate(found):
        y = f.detach().numpy()
        axes.plot(x.detach().numpy(), y / np.max(np.abs(y)), color=(0.1, 0.3, 0.9, 1 - order / 9), label=f"{order}")
    axes.set(xlim=(-3, 4.2), xlabel="x", ylabel="derivatives of tanh x, scaled")
    axes.legend(title="order", loc="lower right")
