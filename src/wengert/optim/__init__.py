"""Optimisers: of the tape's tensors under PyTorch's names, and as functions of trees (`adam(lr=…)`, `sgd(…)`, …)."""

from wengert.optim import lr_scheduler, schedules, swa_utils
from wengert.optim.adam import Adam, AdamW, Lion
from wengert.optim.adaptive import Adadelta, Adagrad, RMSprop
from wengert.optim.clipping import clip_by_global_norm, clip_by_value, global_norm
from wengert.optim.functional import Functional, adadelta, adagrad, adam, adamw, lion, rmsprop, sgd
from wengert.optim.lbfgs import LBFGS
from wengert.optim.minima import Minimum, gauss_newton, levenberg_marquardt, minimize_newton
from wengert.optim.newton import GaussNewton, LevenbergMarquardt, Newton
from wengert.optim.optimizer import Optimizer
from wengert.optim.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Functional",
    "GaussNewton",
    "LevenbergMarquardt",
    "Lion",
    "Minimum",
    "Newton",
    "Optimizer",
    "RMSprop",
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "clip_by_global_norm",
    "clip_by_value",
    "gauss_newton",
    "global_norm",
    "levenberg_marquardt",
    "lion",
    "lr_scheduler",
    "minimize_newton",
    "rmsprop",
    "schedules",
    "sgd",
    "swa_utils",
]
