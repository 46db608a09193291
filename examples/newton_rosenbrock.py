"""Newton's method on Rosenbrock's valley, with the exact Hessian, beside gradient descent."""

import numpy as np

import wengert as wg


def rosenbrock(x):
    """Steep across, nearly flat along; the minimum is at (1, 1)."""
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


slope, curvature = wg.grad(rosenbrock), wg.hessian(rosenbrock)

newton = [np.array([0.0, 2.0])]
while np.linalg.norm(slope(newton[-1])) > 1e-10:
    x = newton[-1]
    newton.append(x - np.linalg.solve(curvature(x), slope(x)))

descent = [np.array([0.0, 2.0])]
for _ in range(1000):
    x = descent[-1]
    descent.append(x - 0.001 * slope(x))

steps, error = len(newton) - 1, np.linalg.norm(newton[-1] - 1)
print(f"gradient descent: {np.linalg.norm(descent[-1] - 1):.2f} from the minimum after {len(descent) - 1} steps")
print(f"Newton: {error:.1e} from the minimum after {steps} steps")


def picture(axes):
    """Both paths over the logarithm of the function."""
    u, v = np.meshgrid(np.linspace(-2, 2, 200), np.linspace(-1, 3, 200))
    axes.contour(u, v, np.log10(rosenbrock([u, v]) + 1e-3), 15, colors="0.8", linewidths=0.7)
    axes.plot(*np.transpose(descent), lw=2, label="gradient descent")
    axes.plot(*np.transpose(newton), "o-", ms=4, label="Newton")
    axes.plot(1, 1, "k*", ms=10)
    axes.set(xlim=(-2, 2), ylim=(-1, 3), xlabel="$x_0$", ylabel="$x_1$")
    axes.legend()
