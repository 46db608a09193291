"""Optimisers: of the tape's tensors under PyTorch's names, and as functions of trees (`adam(lr=…)`, `sgd(…)`, …)."""

from wengert.optim import lr_scheduler
from wengert.optim.adam import Adam, AdamW, Lion
from wengert.optim.adaptive import Adadelta, Adagrad, RMSprop
from wengert.optim.functional import Functional, adadelta, adagrad, adam, adamw, lion, rmsprop, sgd
from wengert.optim.optimizer import Optimizer
from wengert.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Functional",
    "Lion",
    "Optimizer",
    "RMSprop",
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "lion",
    "lr_scheduler",
    "rmsprop",
    "sgd",
]
