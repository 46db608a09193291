"""All optimisers: steps by hand, fused and traced, functions of trees, saving and going on, complex parameters."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument

RULES = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
    "Lion": {"lr": 0.1, "weight_decay": 0.1},
    "RMSprop": {"lr": 0.1, "momentum": 0.5, "centered": True},
    "Adagrad": {"lr": 0.1, "lr_decay": 0.1},
    "Adadelta": {"lr": 1.0, "weight_decay": 0.1},
    "Adamax": {"lr": 0.1, "weight_decay": 0.1},
    "NAdam": {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    "RAdam": {"lr": 0.1, "betas": (0.5, 0.6)},
    "Rprop": {"lr": 0.1},
    "ASGD": {"lr": 0.1, "t0": 1.0},
}
OF_MATRICES = {"Adafactor": {"lr": 0.1, "weight_decay": 0.1}, "Muon": {"lr": 0.1}}
ALL = RULES | OF_MATRICES
G = np.array([2.0, -0.5, 4.0])


def leaf(x):
    return wg.tensor(x, requires_grad=True)


def train(optimizer, params, gradients):
    for at_step in gradients:
        for p, g in zip(params, at_step, strict=True):
            p.grad = wg.tensor(g)
        optimizer.step()


def after_one_step(name, **options):
    w = leaf(np.zeros(3))
    train(getattr(wg.optim, name)([w], **options), [w], [[G]])
    return w.detach().numpy()


def test_first_steps_by_hand():
    g, root = G, np.abs(G)
    for name, options, step in [
        ("SGD", {"lr": 0.1}, 0.1 * g),
        ("Adam", {"lr": 0.1}, 0.1 * g / (root + 1e-8)),
        ("AdamW", {"lr": 0.1}, 0.1 * g / (root + 1e-8)),
        ("Lion", {"lr": 0.1}, 0.1 * np.sign(g)),
        ("RMSprop", {"lr": 0.1, "alpha": 0.75}, 0.1 * g / (0.5 * root + 1e-8)),
        ("Adagrad", {"lr": 0.1}, 0.1 * g / (root + 1e-10)),
        ("Adadelta", {"lr": 1.0}, g * np.sqrt(1e-6) / np.sqrt(0.1 * g * g + 1e-6)),
    ]:
        np.testing.assert_allclose(after_one_step(name, **options), -step, err_msg=name)
        np.testing.assert_allclose(after_one_step(name, **options, maximize=True), step, err_msg=name)


def test_second_step_of_adam_by_hand():
    w = leaf(np.zeros(3))
    train(wg.optim.Adam([w], lr=0.1), [w], [[G], [2 * G]])
    m, v = (0.9 * 0.1 * G + 0.1 * 2 * G) / (1 - 0.9**2), (0.999 * 0.001 + 0.001 * 4) * G * G / (1 - 0.999**2)
    np.testing.assert_allclose(w.detach().numpy(), -0.1 * np.sign(G) - 0.1 * m / (np.sqrt(v) + 1e-8), rtol=1e-6)


def sequences(shapes, dtype, steps=4):
    rng = np.random.default_rng(0)
    draw = lambda: [rng.normal(size=s).astype(dtype) for s in shapes]
    return draw(), [draw() for _ in range(steps)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", RULES)
def test_large_parameters_go_as_small_ones_do(name, dtype):
    """One compiled pass over matrices, and NumPy on their rows."""
    starts, gradients = sequences([(40, 30), (30,)], dtype)
    whole = [leaf(x) for x in starts]
    train(getattr(wg.optim, name)(whole, **RULES[name]), whole, gradients)
    rows = [leaf(x) for x in (*starts[0], starts[1])]
    train(getattr(wg.optim, name)(rows, **RULES[name]), rows, [(*a, b) for a, b in gradients])
    tolerance = 100 * np.finfo(dtype).eps
    found = np.stack([w.detach().numpy() for w in rows[:-1]])
    np.testing.assert_allclose(whole[0].detach().numpy(), found, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(whole[1].detach().numpy(), rows[-1].detach().numpy(), rtol=tolerance, atol=tolerance)
    assert whole[0].dtype == dtype


def test_a_fused_step_leaves_arrays_alone_that_others_have():
    start, gradients = sequences([(40, 30)], np.float64)
    w = leaf(start[0])
    optimizer = wg.optim.Adam([w], lr=0.1)
    train(optimizer, [w], gradients)
    mine, view = w.detach().numpy(), w.detach()
    kept, average = mine.copy(), optimizer.state[w]["exp_avg"].numpy()
    kept_average = average.copy()
    train(optimizer, [w], gradients)
    np.testing.assert_array_equal(mine, kept)
    np.testing.assert_array_equal(average, kept_average)
    np.testing.assert_array_equal(view.numpy(), w.detach().numpy())
    assert not np.allclose(kept, w.detach().numpy())


def test_a_fused_step_takes_transposed_parameters_and_gradients():
    start, gradients = sequences([(40, 30)], np.float64, 2)
    found = []
    for order in "CF":
        w = leaf(np.asarray(start[0], order=order))
        train(wg.optim.Adam([w], lr=0.1), [w], [[np.asarray(g, order=order)] for [g] in gradients])
        found.append(w.detach().numpy())
    np.testing.assert_array_equal(*found)


def test_a_graph_recorded_before_a_fused_step_is_not_disturbed():
    w = leaf(np.full((40, 40), 2.0))
    optimizer = wg.optim.SGD([w], lr=0.1)
    early = np.sum(w**3)
    for _ in range(2):
        w.grad = wg.ones((40, 40))
        optimizer.step()
    w.grad = None
    early.backward()
    np.testing.assert_allclose(w.grad.numpy(), np.full((40, 40), 12.0))


def test_a_fused_step_follows_options_that_change():
    start, gradients = sequences([(40, 30)], np.float64, 1)
    w, by_numpy = leaf(start[0]), start[0].copy()
    optimizer = wg.optim.SGD([w], lr=0.1)
    for lr in (0.1, 0.2, 0.05):
        optimizer.param_groups[0]["lr"] = lr
        train(optimizer, [w], gradients)
        by_numpy = by_numpy - lr * gradients[0][0]
    optimizer.param_groups[0]["weight_decay"] = 0.5
    train(optimizer, [w], gradients)
    by_numpy = by_numpy - 0.05 * (gradients[0][0] + 0.5 * by_numpy)
    np.testing.assert_allclose(w.detach().numpy(), by_numpy)


@pytest.mark.parametrize("name", ALL)
def test_functions_of_trees_take_the_same_steps(name):
    starts, gradients = sequences([(4, 3), (3, 4)], np.float64)
    params = [leaf(x) for x in starts]
    train(getattr(wg.optim, name)(params, **ALL[name]), params, gradients)
    optimizer = getattr(wg.optim, name.lower())(**ALL[name])
    tree = {"w": starts[0], "b": starts[1]}
    state, step = optimizer.init(tree), wg.jit(optimizer.update)
    traced, traced_state = tree, state
    for w, b in gradients:
        tree, state = optimizer.update({"w": w, "b": b}, state, tree)
        traced, traced_state = step({"w": w, "b": b}, traced_state, traced)
    for found in (tree, traced):
        np.testing.assert_allclose(found["w"], params[0].detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(found["b"], params[1].detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_a_training_loop_is_a_scan(name):
    optimizer = getattr(wg.optim, name.lower())(**ALL[name])
    x0 = np.array([[1.0, -2.0]])
    slope = wg.grad(lambda x: np.sum((x - 3) ** 2))

    def body(carry, _):
        x, state = carry
        return optimizer.update(slope(x), state, x), x

    (found, _), _ = wg.scan(body, (x0, optimizer.init(x0)), None, length=5)
    x, state = x0, optimizer.init(x0)
    for _ in range(5):
        x, state = optimizer.update(slope(x), state, x)
    np.testing.assert_allclose(found, x)


@pytest.mark.parametrize("shape", [(3, 1), (40, 30)])
@pytest.mark.parametrize("name", ALL)
def test_saved_and_loaded_it_goes_on_to_the_last_bit(name, shape):
    start, gradients = sequences([shape], np.float32, 6)
    w = leaf(start[0])
    optimizer = getattr(wg.optim, name)([w], **ALL[name])
    train(optimizer, [w], gradients[:3])
    saved, value = copy.deepcopy(optimizer.state_dict()), w.detach().numpy().copy()
    train(optimizer, [w], gradients[3:])
    again = leaf(value)
    other = getattr(wg.optim, name)([again])
    other.load_state_dict(saved)
    train(other, [again], gradients[3:])
    np.testing.assert_array_equal(again.detach().numpy(), w.detach().numpy())
    assert other.param_groups[0]["lr"] == ALL[name]["lr"]


@pytest.mark.parametrize("name", RULES)
def test_a_complex_parameter_is_two_real_ones(name):
    starts, gradients = sequences([(3, 2)], np.float64)
    flat, pair = leaf(starts[0].view(complex)[:, 0]), leaf(starts[0])
    train(getattr(wg.optim, name)([flat], **RULES[name]), [flat], [[g.view(complex)[:, 0]] for [g] in gradients])
    train(getattr(wg.optim, name)([pair], **RULES[name]), [pair], gradients)
    np.testing.assert_allclose(flat.detach().numpy(), pair.detach().numpy().view(complex)[:, 0])


def test_complex_descent_reaches_the_minimum():
    z = leaf(np.array([1 + 1j, -2j]))
    optimizer = wg.optim.Adam([z], lr=0.2)
    for _ in range(200):
        optimizer.zero_grad()
        np.sum(np.abs(z - (2 - 1j)) ** 2).backward()
        optimizer.step()
    np.testing.assert_allclose(z.detach().numpy(), np.full(2, 2 - 1j), atol=1e-3)


def test_groups_of_different_options_and_groups_added_later():
    a, b, c = leaf(np.zeros((40, 30))), leaf(np.zeros(3)), leaf(np.zeros(2))
    optimizer = wg.optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.25)
    optimizer.add_param_group({"params": c, "lr": 1.0, "maximize": True})
    train(optimizer, [a, b, c], [[np.ones(p.shape) for p in (a, b, c)]] * 2)
    assert {float(p.detach().numpy().flat[0]) for p in (a, b, c)} == {-1.0, -0.5, 2.0}
    with pytest.raises(InvalidArgument, match="twice"):
        optimizer.add_param_group({"params": [b]})


def test_a_compiled_step_follows_the_step_size():
    w = leaf(np.zeros((40, 30)))
    optimizer = wg.optim.SGD([w], lr=1.0)
    scheduler = wg.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

    @wg.jit
    def step():
        optimizer.zero_grad()
        np.sum(w).backward()
        optimizer.step()

    for _ in range(3):
        step()
        scheduler.step()
    np.testing.assert_array_equal(w.detach().numpy(), np.full((40, 30), -1.75))
    before = step.traces
    for _ in range(3):
        step()
        scheduler.step()
    np.testing.assert_array_equal(w.detach().numpy(), np.full((40, 30), -1.96875))
    assert step.traces == before


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_compiled_step_follows_a_momentum_that_changes(name):
    found = []
    for compiled in (True, False):
        w = leaf(np.ones((40, 30)))
        optimizer = getattr(wg.optim, name)([w], **({"momentum": 0.9} if name == "SGD" else {}))
        scheduler = wg.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 12)

        def step(optimizer=optimizer, w=w):
            optimizer.zero_grad()
            np.sum(np.cosh(w)).backward()
            optimizer.step()

        run, traces = wg.jit(step) if compiled else step, []
        for _ in range(10):
            run()
            scheduler.step()
            traces.append(run.traces if compiled else 0)
        assert traces[-1] == traces[5]
        found.append(w.detach().numpy())
    np.testing.assert_allclose(*found, rtol=1e-12)


# Entries (i of 6) of a 3 x 2 matrix that starts from -1 to 1, after 8 gradients sin(2 t + i); PyTorch's values (2.13,
# Muon's iteration in double precision as well).
# fmt: off
VALUES = [
    ("Adamax", {"lr": 0.1, "weight_decay": 0.1}, [-0.907533, -0.75579, -0.310985, 0.151927, 0.765231, 1.063813]),
    ("NAdam", {"lr": 0.1, "momentum_decay": 0.1}, [-1.083394, -0.76051, -0.266533, 0.168522, 0.777676, 1.074]),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
     [-1.003807, -0.707916, -0.246847, 0.158006, 0.724295, 0.992556]),
    ("RAdam", {"lr": 0.1, "betas": (0.5, 0.8)}, [-1.055919, -0.722589, -0.270553, 0.240775, 0.719711, 1.084037]),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.5, "decoupled_weight_decay": True, "maximize": True},
     [-0.61491, -0.277102, -0.05058, 0.10054, 0.28113, 0.569297]),
    ("Rprop", {"lr": 0.1, "step_sizes": (0.06, 0.13)}, [-0.908, -1.084, -0.048, -0.164, 1.084, 0.848]),
    ("ASGD", {"lr": 0.1, "t0": 1.0, "lambd": 0.1, "weight_decay": 0.1},
     [-0.925558, -0.618379, -0.213908, 0.230147, 0.619688, 0.910734]),
    ("Adafactor", {"lr": 0.5, "weight_decay": 0.1}, [-0.892434, -0.51806, -0.078327, 0.220692, 0.438775, 0.45726]),
    ("Adafactor", {"lr": 0.1, "d": 2.0, "beta2_decay": -0.3, "eps": (0.001, 0.5), "maximize": True},
     [-0.926932, -0.439315, -0.124375, 0.173016, 0.466939, 0.977531]),
    ("Muon", {"lr": 0.1}, [-0.971526, -0.704413, -0.341087, 0.301141, 0.732714, 0.976472]),
    ("Muon", {"lr": 0.1, "nesterov": False, "adjust_lr_fn": "match_rms_adamw", "momentum": 0.5},
     [-0.93479, -0.577583, -0.223163, 0.202863, 0.59783, 0.931439]),
]
# fmt: on


@pytest.mark.parametrize(("name", "options", "values"), VALUES, ids=lambda x: x if isinstance(x, str) else "")
def test_eight_steps_end_where_they_are_known_to(name, options, values):
    w = leaf(np.linspace(-1, 1, 6).reshape(3, 2))
    gradients = [[np.sin(2 * t + np.arange(6.0)).reshape(3, 2)] for t in range(8)]
    train(getattr(wg.optim, name)([w], **options), [w], gradients)
    np.testing.assert_allclose(w.detach().numpy().reshape(-1), values, atol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_the_step_size_may_be_a_tensor_or_a_schedule(name):
    starts, gradients = sequences([(4, 3)], np.float32)
    options = {key: x for key, x in ALL[name].items() if key != "lr"}
    number, tensor = leaf(starts[0]), leaf(starts[0])
    train(getattr(wg.optim, name)([number], lr=0.125, **options), [number], gradients)
    train(getattr(wg.optim, name)([tensor], lr=wg.tensor(0.125), **options), [tensor], gradients)
    np.testing.assert_allclose(tensor.detach().numpy(), number.detach().numpy(), rtol=1e-5, atol=1e-6)
    assert tensor.dtype == np.float32
    optimizer, x = getattr(wg.optim, name.lower())(lr=lambda t: 0.125 + 0 * t, **options), starts[0]
    state = optimizer.init(x)
    for [g] in gradients:
        x, state = optimizer.update(g, state, x)
    np.testing.assert_allclose(x, number.detach().numpy(), rtol=1e-5, atol=1e-6)
    assert x.dtype == np.float32


def test_a_state_of_pytorch_is_taken_over():
    """Complex averages are one array there, a count may be missing, and what is not there yet is None."""
    z, g = leaf(np.array([1 + 1j, 2.0])), np.array([1j, 1.0])
    mine, theirs = wg.optim.Adam([z], lr=0.1), wg.optim.Adam([z.clone().detach().requires_grad_()], lr=0.1)
    train(mine, [z], [[g]])
    saved = mine.state_dict()
    state = {key: x.numpy() for key, x in saved["state"][0].items()}
    averages = {key: state[key][..., 0] + 1j * state[key][..., 1] for key in ("exp_avg", "exp_avg_sq")}
    theirs.load_state_dict(saved | {"state": {0: {"step": np.float32(1), "max_exp_avg_sq": None, **averages}}})
    for key, x in theirs.state_dict()["state"][0].items():
        np.testing.assert_array_equal(x.numpy(), state[key])
        assert x.dtype == np.float64

    w, other = leaf(np.zeros(3)), leaf(np.zeros(3))
    first, second = [wg.optim.SGD([p], lr=0.1, momentum=0.9, dampening=0.5) for p in (w, other)]
    train(first, [w], [[G]])
    saved = first.state_dict()
    second.load_state_dict(saved | {"state": {0: {"momentum_buffer": saved["state"][0]["momentum_buffer"]}}})
    train(first, [w], [[G]])
    train(second, [other], [[G]])
    np.testing.assert_allclose(w.detach().numpy(), -0.1 * G - 0.1 * 1.4 * G)
    np.testing.assert_allclose(other.detach().numpy(), -0.1 * 1.4 * G)


def test_hints_to_pytorch_are_taken_and_other_options_refused():
    w = leaf(np.zeros(3))
    optimizer = wg.optim.AdamW([w], fused=True, foreach=None, capturable=False)
    assert "fused" not in optimizer.param_groups[0]
    with pytest.raises(TypeError, match="It has no option of that name"):
        wg.optim.SGD([w], moment=0.9)
    with pytest.raises(InvalidArgument, match="functional form"):
        wg.optim.Adam([w], differentiable=True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Rprop", {"etas": (1.0, 0.5)}),
        ("Adafactor", {"d": 0.5}),
        ("Adafactor", {"beta2_decay": 0.8}),
        ("Muon", {"adjust_lr_fn": "arbitrary"}),
        ("Muon", {"ns_steps": 100}),
        ("NAdam", {"momentum_decay": -0.1}),
        ("RAdam", {"betas": (0.0, 1.0)}),
        ("ASGD", {"weight_decay": -0.5}),
        ("Adamax", {"lr": -1.0}),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(name, options):
    for make in (
        lambda: getattr(wg.optim, name)([leaf(np.ones((2, 2)))], **options),
        lambda: getattr(wg.optim, name.lower())(**options),
    ):
        with pytest.raises(InvalidArgument):
            make()


def test_rules_of_matrices_refuse_other_parameters():
    for name, wrong in [("Muon", np.ones(3)), ("Muon", np.ones((2, 2), complex)), ("Adafactor", np.ones(2, complex))]:
        with pytest.raises(InvalidArgument, match="Its step is one for"):
            getattr(wg.optim, name)([leaf(wrong)])
        with pytest.raises(InvalidArgument, match="Its step is one for"):
            getattr(wg.optim, name.lower())().init({"w": wrong})


def test_muon_steps_by_an_orthogonal_matrix():
    w, g = leaf(np.zeros((6, 3))), sequences([(6, 3)], np.float64)[0][0]
    train(wg.optim.Muon([w], lr=1.0, adjust_lr_fn="original", ns_steps=9), [w], [[g]])
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    np.testing.assert_allclose(u.T @ w.detach().numpy() @ vt.T, -np.sqrt(2) * np.eye(3), atol=0.5)
    np.testing.assert_allclose(np.linalg.svd(w.detach().numpy())[1] / np.sqrt(2), np.ones(3), atol=0.35)
