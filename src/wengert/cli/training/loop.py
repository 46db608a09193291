"""The loop that all programs have: steps over batches, and a validation after every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wengert as wg
from wengert import data, nn
from wengert.cli.training.session import Session

__all__ = ["fit"]

Predict = Callable[[Any], Any]


def fit(
    session: Session,
    loader: data.DataLoader,
    model: nn.Module,
    optimizer: wg.optim.Optimizer,
    scheduler: Any,
    *,
    loss: Callable[[Any, Any], Any],
    scores: Callable[[Predict], dict[str, float]],
    longest: float | None = None,
) -> Predict:
    """Train the model from where the session stands; returns it as a function that predicts.

    scheduler: asked after every step. loss: of what the model makes of a batch, and what it should. scores: asked after
    every epoch. longest: to what the gradient is shortened.
    """

    @wg.jit
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        found = loss(model(x), y)
        found.backward()
        if longest is not None:
            nn.utils.clip_grad_norm_(model.parameters(), longest)
        optimizer.step()
        return found

    @wg.jit
    def predict(x: Any) -> Any:
        with wg.no_grad():
            return model(x).detach()

    session.begin(loader, model=model, optimizer=optimizer, scheduler=scheduler)
    for _ in session.epochs():
        model.train()
        for x, y in session.batches():
            session.note(step(x, y))
            scheduler.step()
        model.eval()
        session.finish(**scores(predict))
    model.eval()  # of a run that was finished before, too
    return predict  # type: ignore[no-any-return]
