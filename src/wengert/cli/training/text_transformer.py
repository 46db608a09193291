"""The next character of a text, by attention to those before."""

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
RATE = 5e-3  # at its highest
WIDTH, HEADS, LAYERS, DROPOUT = 96, 4, 2, 0.0


class Network(nn.Module):
    """Characters and places as vectors, layers of attention to what came before, scores of the next character."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, WIDTH)
        self.places = nn.LearnedPositionalEncoding(WIDTH, DROPOUT, texts.LENGTH, batch_first=True)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, DROPOUT, "gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(WIDTH))
        self.scores = nn.Linear(WIDTH, characters)

    def forward(self, x: Any) -> Any:
        """(N, L) numbers of characters to (N, L, C) scores."""
        mask = nn.causal_mask(x.shape[1])
        return self.scores(self.layers(self.places(self.embedding(x)), mask))


def train(session: Session) -> None:
    """Train, validate after every epoch, and let the model write."""
    wg.manual_seed(session.settings.seed)
    text = texts.Text(session.settings.file)
    loader = text.loader(BATCH, session.settings.seed)
    model = Network(len(text.characters)).float()
    optimizer = wg.optim.AdamW(model.parameters(), lr=wg.tensor(RATE))
    scheduler = wg.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, epochs=session.settings.epochs, steps_per_epoch=len(loader), cycle_momentum=False
    )
    predict = fit(
        session, loader, model, optimizer, scheduler, loss=texts.cross_entropy, scores=text.scores, longest=1.0
    )
    session.say(f"\n{text.sample(predict, session.settings.seed)}")
    session.end(partial(text.panel, predict=predict))
