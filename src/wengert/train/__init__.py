"""What is tedious about a training loop, which stays the user's own.

Checkpoints from which a run goes on bit by bit, Ctrl-C between two steps, progress, metrics, early stopping, and logs.

    run = wg.train.Checkpoint("runs/digits", model=model, optimizer=optimizer, loader=loader, log=log)
    step = run.resume()
    with wg.train.Interrupt() as interrupt:
        while loader.epoch < 20 and not interrupt:
            for x, y in wg.train.Progress(loader, f"epoch {loader.epoch}"):
                ...                                       # a step
                step += 1
                if step % 100 == 0:
                    run.save(step)
                if interrupt:
                    break
    run.save(step)
"""

from wengert.train.checkpoint import Checkpoint, latest
from wengert.train.events import EventWriter
from wengert.train.interrupt import Interrupt
from wengert.train.logger import Logger
from wengert.train.metrics import AUROC, R2, Accuracy, ConfusionMatrix, Mean, MeanSquaredError, Metric, TopK
from wengert.train.progress import Progress
from wengert.train.state import load, save
from wengert.train.stopping import EarlyStopping
from wengert.train.table import CSVLogger

__all__ = [
    "AUROC",
    "R2",
    "Accuracy",
    "CSVLogger",
    "Checkpoint",
    "ConfusionMatrix",
    "EarlyStopping",
    "EventWriter",
    "Interrupt",
    "Logger",
    "Mean",
    "MeanSquaredError",
    "Metric",
    "Progress",
    "TopK",
    "latest",
    "load",
    "save",
]
