"""Burgers' equation by a network that knows it: second derivatives, and Levenberg and Marquardt's least squares."""

import numpy as np

import wengert as wg

VISCOSITY = 0.05


def wave(t, x):
    """The exact solution: a front that travels at speed 1/2."""
    return 0.5 - 0.5 * np.tanh((x - 0.5 * t) / (4 * VISCOSITY))


def network(p, t, x):
    """The network's u at one point; t and x are numbers."""
    hidden = np.tanh(t * p["time"] + x * p["space"] + p["bias"])
    return np.tanh(p["inner"] @ hidden + p["shift"]) @ p["out"]


def equation(p, t, x):
    """∂u/∂t + u ∂u/∂x − ν ∂²u/∂x², which is to vanish."""
    u_t, u_x = wg.grad(network, 1)(p, t, x), wg.grad(network, 2)(p, t, x)
    u_xx = wg.grad(wg.grad(network, 2), 2)(p, t, x)
    return u_t + network(p, t, x) * u_x - VISCOSITY * u_xx


u = wg.vmap(network, in_axes=(None, 0, 0))
rest = wg.vmap(equation, in_axes=(None, 0, 0))

rng = np.random.default_rng(0)
t, x = rng.uniform(0, 1, 200), rng.uniform(-1, 1, 200)
edge_t = np.concatenate([np.zeros(40), np.linspace(0, 1, 20), np.linspace(0, 1, 20)])
edge_x = np.concatenate([np.linspace(-1, 1, 40), np.full(20, -1.0), np.full(20, 1.0)])


@wg.jit
def residual(p):
    """The equation inside, and the solution at the start and at both ends."""
    return np.concatenate([rest(p, t, x), 5 * (u(p, edge_t, edge_x) - wave(edge_t, edge_x))])


start = {
    "time": rng.normal(size=10),
    "space": rng.normal(size=10),
    "bias": rng.normal(size=10),
    "inner": rng.normal(size=(10, 10)) / np.sqrt(10),
    "shift": np.zeros(10),
    "out": rng.normal(size=10) / np.sqrt(10),
}
found = wg.optim.levenberg_marquardt(residual, start, max_iter=40)

grid_t, grid_x = np.meshgrid(np.linspace(0, 1, 50), np.linspace(-1, 1, 100), indexing="ij")
solution = u(found.x, grid_t.ravel(), grid_x.ravel()).reshape(grid_t.shape)
error = np.max(np.abs(solution - wave(grid_t, grid_x)))
print(f"largest distance from the exact solution: {error:.1e} after {found.iterations} steps")


def picture(axes):
    """The front at four times."""
    for row in (0, 16, 32, 49):
        (line,) = axes.plot(grid_x[row], solution[row], label=f"t = {grid_t[row, 0]:.2f}")
        axes.plot(grid_x[row, ::5], wave(grid_t, grid_x)[row, ::5], ".", color=line.get_color())
    axes.set(xlabel="x", ylabel="u (dots: exact)")
    axes.legend()
