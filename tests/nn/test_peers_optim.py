"""wg.optim against PyTorch: schedulers, all rules, LBFGS, clipping."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")

SCHEDULERS = [
    ("LambdaLR", {"lr_lambda": lambda t: 0.95**t}),
    ("MultiplicativeLR", {"lr_lambda": lambda t: 0.95}),
    ("StepLR", {"step_size": 4, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [3, 5, 5, 12]}),
    ("ConstantLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.5, "total_iters": 9}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {"total_iters": 11, "power": 1.5}),
    ("CosineAnnealingLR", {"T_max": 6, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 30}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 30, "three_phase": True, "anneal_strategy": "linear"}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 3, "step_size_down": 4, "mode": "triangular2"}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 3, "mode": "exp_range", "gamma": 0.9}),
]


@pytest.mark.parametrize("rule", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), SCHEDULERS, ids=str)
def test_schedulers(rule, name, options):
    found = []
    for library in (wg, torch):
        w = library.ones(2, requires_grad=True)
        optimizer = getattr(library.optim, rule)([w], lr=0.5, **({"momentum": 0.9} if rule == "SGD" else {}))
        scheduler = getattr(library.optim.lr_scheduler, name)(optimizer, **options)
        rows = []
        for _ in range(25):
            optimizer.step()
            group = optimizer.param_groups[0]
            momentum = group["momentum"] if "momentum" in group else group["betas"][0]
            rows.append((scheduler.get_last_lr()[0], momentum))
            scheduler.step()
        found.append(rows)
    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("combined", ["sequential", "chained", "swa"])
def test_combined_schedulers(combined):
    found = []
    for library in (wg, torch):
        s = library.optim.lr_scheduler
        o = library.optim.SGD([library.ones(2, requires_grad=True)], lr=0.5)
        if combined == "sequential":
            scheduler = s.SequentialLR(o, [s.LinearLR(o, 0.1), s.CosineAnnealingLR(o, 8), s.StepLR(o, 2)], [5, 14])
        elif combined == "chained":
            scheduler = s.ChainedScheduler([s.LinearLR(o, 0.1), s.ExponentialLR(o, 0.9), s.StepLR(o, 3)])
        else:
            scheduler = library.optim.swa_utils.SWALR(o, 0.05, 7)
        rates = []
        for _ in range(20):
            o.step()
            rates.append(scheduler.get_last_lr()[0])
            scheduler.step()
        found.append(rates)
    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"mode": "max", "threshold_mode": "abs"}, {"cooldown": 2, "patience": 1}])
def test_plateaus(options):
    losses, found = np.random.default_rng(0).normal(size=40).cumsum(), []
    for library in (wg, torch):
        o = library.optim.SGD([library.ones(2, requires_grad=True)], lr=0.5)
        scheduler = library.optim.lr_scheduler.ReduceLROnPlateau(o, **{"patience": 3, **options})
        rates = []
        for loss in losses:
            scheduler.step(float(loss))
            rates.append(o.param_groups[0]["lr"])
        found.append(rates)
    np.testing.assert_allclose(*found)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("shape", [(3, 2), (40, 30)])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        ("Adam", {"weight_decay": 0.1}),
        ("Adam", {"amsgrad": True}),
        ("AdamW", {}),
        ("RMSprop", {"centered": True, "momentum": 0.5}),
        ("Adagrad", {"lr_decay": 0.1}),
        ("Adadelta", {"weight_decay": 0.1}),
        ("Adamax", {"weight_decay": 0.1}),
        ("NAdam", {"momentum_decay": 0.1}),
        ("RAdam", {"betas": (0.5, 0.6)}),
        ("Rprop", {}),
    ],
    ids=str,
)
def test_rules(name, options, shape, dtype):
    if dtype == "complex128" and options.get("centered"):
        pytest.skip("PyTorch's centered average of complex gradients is of the complex numbers, not of their parts")
    rng, found = np.random.default_rng(0), []
    draw = lambda: rng.normal(size=shape) + (1j * rng.normal(size=shape) if dtype == "complex128" else 0)
    start, gradients = draw().astype(dtype), [draw().astype(dtype) for _ in range(5)]
    for library in (wg, torch):
        w = library.tensor(start.copy(), requires_grad=True)
        optimizer = getattr(library.optim, name)([w], lr=0.01, **options)
        for g in gradients:
            w.grad = library.tensor(g)
            optimizer.step()
        found.append(w.detach().numpy())
    # PyTorch counts in single precision what NAdam multiplies up.
    rtol, atol = (1e-5, 1e-6) if dtype == "float32" else (1e-6, 1e-9) if name == "NAdam" else (1e-12, 0)
    np.testing.assert_allclose(*found, rtol=rtol, atol=atol)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs(search):
    found = []
    for library in (wg, torch):
        w = library.tensor(np.linspace(-1.2, 1.0, 4), requires_grad=True)
        optimizer = library.optim.LBFGS([w], lr=0.01 if search is None else 1.0, max_iter=5, line_search_fn=search)

        def closure(w=w, optimizer=optimizer):
            optimizer.zero_grad()
            loss = ((1 - w[:-1]) ** 2 + 100 * (w[1:] - w[:-1] ** 2) ** 2).sum()
            loss.backward()
            return loss

        path = []
        for _ in range(4):
            path.append(optimizer.step(closure).item())
            path += w.detach().numpy().tolist()
        found.append(path)
    np.testing.assert_allclose(*found, rtol=1e-6)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.5, float("inf")])
def test_clipping(p):
    grads, found = [np.array([3.0, -4.0]), np.array([[12.0]])], []
    for library in (wg, torch):
        params = [library.zeros(g.shape, requires_grad=True) for g in grads]
        for w, g in zip(params, grads, strict=True):
            w.grad = library.tensor(g.astype(np.float32) if library is torch else g)
        norm = library.nn.utils.clip_grad_norm_(params, 2.0, norm_type=p)
        found.append([float(norm), *np.concatenate([w.grad.numpy().reshape(-1) for w in params])])
    np.testing.assert_allclose(*found, rtol=1e-6)
