"""A neural differential equation: the law of a damped spiral learnt from its path, through Runge and Kutta's steps."""

import numpy as np

import wengert as wg

STEP = 0.05


def runge_kutta(f, y):
    """A step of fourth order."""
    k1 = f(y)
    k2 = f(y + 0.5 * STEP * k1)
    k3 = f(y + 0.5 * STEP * k2)
    k4 = f(y + STEP * k3)
    return y + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def path(f, y, length):
    """The states after each step."""

    def advance(y, _):
        y = runge_kutta(f, y)
        return y, y

    return wg.scan(advance, y, length=length)[1]


def spiral(y):
    """The law to be found: R. Chen et al., "Neural ordinary differential equations", 2018, section 5.1."""
    return y**3 @ np.array([[-0.1, 2.0], [-2.0, -0.1]])


def network(p, y):
    """Its guess."""
    return np.tanh(y**3 @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]


# 40 short pieces of one path, each to be followed from where it begins
whole = path(spiral, np.array([2.0, 0.0]), 400)
starts, pieces = whole[0:390:10], np.stack([whole[i + 1 : i + 11] for i in range(0, 390, 10)], axis=1)


@wg.jit
@wg.value_and_grad
def loss(p):
    """The mean squared distance from the pieces."""
    return np.mean((path(lambda y: network(p, y), starts, 10) - pieces) ** 2)


rng = np.random.default_rng(0)
p = {"w1": 0.1 * rng.normal(size=(2, 50)), "b1": np.zeros(50), "w2": 0.1 * rng.normal(size=(50, 2)), "b2": np.zeros(2)}
optimizer = wg.optim.adam(lr=wg.optim.schedules.cosine(0.03, 6000))
state = optimizer.init(p)
update = wg.jit(optimizer.update)
for _ in range(6000):
    value, slopes = loss(p)
    p, state = update(slopes, state, p)

learnt = path(lambda y: network(p, y), np.array([2.0, 0.0]), 400)
error = np.sqrt(np.mean((learnt - whole) ** 2))
print(f"loss: {value:.1e}; root mean square distance from the whole path: {error:.3f}")


def picture(axes):
    """Both paths."""
    axes.plot(*whole.T, "--", color="0.3", label="law")
    axes.plot(*learnt.T, label="network")
    axes.set(aspect="equal", xlim=(-2, 3.5), xlabel="$y_0$", ylabel="$y_1$")
    axes.legend(loc="upper right")
