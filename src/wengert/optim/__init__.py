"""Optimisers: of the tape's tensors under PyTorch's names, and as functions of trees (`adam(lr=…)`, `sgd(…)`, …)."""

from wengert.optim import lr_scheduler, schedules, swa_utils
from wengert.optim.adam import Adam, AdamW, Lion
from wengert.optim.adams import Adamax, NAdam, RAdam
from wengert.optim.adaptive import Adadelta, Adagrad, RMSprop
from wengert.optim.clipping import clip_by_global_norm, clip_by_value, global_norm
from wengert.optim.functional import (
    Functional,
    adadelta,
    adafactor,
    adagrad,
    adam,
    adamax,
    adamw,
    asgd,
    lion,
    muon,
    nadam,
    radam,
    rmsprop,
    rprop,
    sgd,
)
from wengert.optim.lbfgs import LBFGS
from wengert.optim.matrices import Adafactor, Muon
from wengert.optim.minima import Minimum, gauss_newton, levenberg_marquardt, minimize_newton
from wengert.optim.newton import GaussNewton, LevenbergMarquardt, Newton
from wengert.optim.optimizer import Optimizer
from wengert.optim.robust import ASGD, Rprop
from wengert.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Functional",
    "GaussNewton",
    "LevenbergMarquardt",
    "Lion",
    "Minimum",
    "Muon",
    "NAdam",
    "Newton",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "asgd",
    "clip_by_global_norm",
    "clip_by_value",
    "gauss_newton",
    "global_norm",
    "levenberg_marquardt",
    "lion",
    "lr_scheduler",
    "minimize_newton",
    "muon",
    "nadam",
    "radam",
    "rmsprop",
    "rprop",
    "schedules",
    "sgd",
    "swa_utils",
]
