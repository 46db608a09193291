"""The next character of a text, by gated recurrent units."""

from __future__ import annotations

from functools import partial
from typing import Any

import wengert as wg
from wengert import nn
from wengert.cli.training import texts
from wengert.cli.training.loop import fit
from wengert.cli.training.session import Session

__all__ = ["EPOCHS", "Network", "train"]

EPOCHS = 10
BATCH = 32
RATE = 5e-3
EMBEDDED, HIDDEN = 64, 192


class Network(nn.Module):
    """Characters as vectors, a state that is carried along, and from it scores of the next character."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, EMBEDDED)
        self.memory = nn.GRU(EMBEDDED, HIDDEN, batch_first=True)
        self.scores = nn.Linear(HIDDEN, characters)

    def forward(self, x: Any) -> Any:
        """(N, L) numbers of characters to (N, L, C) scores."""
        states, _ = self.memory(self.embedding(x))
        return self.scores(states)


def train(session: Session) -> None:
    """Train, validate after every epoch, and let the model write."""
    wg.manual_seed(session.settings.seed)
    text = texts.Text(session.settings.file)
    loader = text.loader(BATCH, session.settings.seed)
    model = Network(len(text.characters)).float()
    optimizer = wg.optim.AdamW(model.parameters(), lr=wg.tensor(RATE))
    scheduler = wg.optim.lr_scheduler.CosineAnnealingLR(optimizer, session.settings.epochs * len(loader))
    predict = fit(
        session, loader, model, optimizer, scheduler, loss=texts.cross_entropy, scores=text.scores, longest=1.0
    )
    session.say(f"\n{text.sample(predict, session.settings.seed)}")
    session.end(partial(text.panel, predict=predict))
