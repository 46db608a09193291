"""A training run in a process of its own: ``python model.py FOLDER LAST`` goes on where the folder's ends.

It has everything that has a state: Adam, a schedule by hand, shuffling, worker processes, random transforms, dropout
from the global generator, a metric, a log. Prints each step, waits for a line (or the end) of its
input, and at last writes the weights.
"""

import sys
from pathlib import Path

import numpy as np

import wengert as wg
from wengert import data, train


class Decay:
    """A schedule that changes the optimiser's step size."""

    def __init__(self, optimizer):
        self.optimizer, self.count = optimizer, 0

    def step(self):
        self.count += 1
        self.optimizer.param_groups[0]["lr"] = 0.05 * 0.97**self.count

    def state_dict(self):
        return {"count": self.count}

    def load_state_dict(self, state):
        self.count = state["count"]


def main(folder, last):
    wg.manual_seed(7)
    np.random.seed(7)
    model = wg.nn.Sequential(wg.nn.Linear(2, 8), wg.nn.Linear(8, 2))
    optimizer = wg.optim.Adam(model.parameters(), lr=0.05)
    schedule, mean = Decay(optimizer), train.Mean()
    loader = data.DataLoader(
        data.two_moons(60, seed=1),
        16,
        shuffle=True,
        transform=data.transforms.OnEntry(0, data.transforms.RandomNoise(0.1)),
        num_workers=1,
        multiprocessing_context="fork",
    )
    log = train.CSVLogger(Path(folder, "log.csv"))
    run = train.Checkpoint(
        folder, keep=2, model=model, optimizer=optimizer, schedule=schedule, mean=mean, loader=loader, log=log
    )
    step = run.resume()
    with train.Interrupt() as interrupt:
        while step < last and not interrupt:
            for x, y in loader:
                keep = (wg.rand(8) < 0.9) * np.float64(np.random.random() > 0.05)
                hidden = wg.nn.functional.relu(model[0](x)) * keep
                loss = wg.nn.functional.cross_entropy(model[1](hidden), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                mean.update(loss)
                step += 1
                log.log(step, loss=loss, mean=mean.compute())
                if step % 3 == 0:
                    run.save(step)
                print(step, flush=True)
                sys.stdin.readline()
                if interrupt or step == last:
                    break
    run.save(step)
    log.close()
    if not interrupt:
        train.save(Path(folder, "weights"), {"model": model.state_dict(), "optimizer": optimizer.state_dict()})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
