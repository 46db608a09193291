"""What the programs on texts share: windows of characters, how surprising a text is, and a text that goes on.

A model gets numbers of characters, shape (N, L), and returns scores of the character after each, shape (N, L, C).
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from wengert import data
from wengert.cli.refusal import Refusal
from wengert.nn import functional as F

__all__ = ["LENGTH", "Text", "cross_entropy"]

LENGTH = 64  # characters that a model sees at once
SHARE = 10  # one character of so many is for validation
MOST = 200_000  # characters of the default text
VALIDATED = 128  # windows
SAMPLE = 400  # characters
TEMPERATURE = 0.6
LINE = 32  # characters in a line of the picture


class Text:
    """A text as numbers of its characters, in two parts: to train with, and its end, to validate.

    file: a text in UTF-8; by default a part of Python's documentation, as ``help`` shows it. Raises `Refusal` if it
    cannot be used.
    """

    def __init__(self, file: str | None) -> None:
        text = _documentation() if file is None else _read(file)
        self.characters = sorted(set(text))
        number = {c: n for n, c in enumerate(self.characters)}
        numbers = np.array([number[c] for c in text])
        held = len(numbers) // SHARE
        if held <= LENGTH:
            raise Refusal(
                f"{file} has {len(text)} characters, too few to learn from.",
                f"A tenth of them is for validation, and a model sees {LENGTH} and the next one at once.",
                f"Give a text of at least {SHARE * (LENGTH + 1)} characters.",
            )
        self._training = _windows(numbers[:-held])
        self._x, self._y = (part[:VALIDATED] for part in _windows(numbers[-held:]).tensors)

    def loader(self, batch: int, seed: int) -> data.DataLoader:
        """Batches to train with; a short text makes four small ones."""
        fitting = min(batch, max(len(self._training) // 4, 1))
        return data.DataLoader(self._training, fitting, shuffle=True, drop_last=True, seed=seed)

    def scores(self, predict: Callable[[Any], Any]) -> dict[str, float]:
        """Mean surprise at a validation character, in nats, and the part of them that were foreseen."""
        scores = predict(self._x)
        right = np.argmax(scores, axis=-1) == self._y
        return {"validation_loss": float(cross_entropy(scores, self._y)), "accuracy": float(np.mean(right))}

    def sample(self, predict: Callable[[Any], Any], seed: int) -> str:
        """A text that the model writes: drawn character by character, after the first validation window.

        Its probabilities are sharpened, p^(1/TEMPERATURE), so that it writes what it is surer of.
        """
        rng = np.random.default_rng(seed)
        written = list(self._x[0])
        for _ in range(SAMPLE):
            scores = np.asarray(predict(np.array([written[-LENGTH:]])), np.float64)[0, -1]
            chances = np.exp((scores - scores.max()) / TEMPERATURE)
            written.append(rng.choice(len(chances), p=chances / chances.sum()))
        return "".join(self.characters[n] for n in written[LENGTH:])

    def panel(self, figure: Any, predict: Callable[[Any], Any]) -> None:
        """Draw a validation text, every character on a ground that shows how probable the model found it."""
        windows = slice(0, 6)
        chances = np.asarray(F.softmax(predict(self._x[windows]), -1))
        true = self._y[windows].ravel()
        found = chances.reshape(len(true), -1)[np.arange(len(true)), true]
        rows = math.ceil(len(true) / LINE)
        ground = np.full(rows * LINE, np.nan)
        ground[: len(true)] = found
        axes = figure.subplots()
        shown = axes.imshow(ground.reshape(rows, LINE), cmap="Blues", vmin=0, vmax=1, aspect=1.6)
        for n, number in enumerate(true):
            dark = found[n] > 0.6
            look = {"ha": "center", "va": "center", "family": "monospace", "color": "white" if dark else "black"}
            axes.text(n % LINE, n // LINE, _visible(self.characters[number]), **look)
        axes.set_axis_off()
        figure.suptitle("Validation text: probability of each character, given those before", fontsize="medium")
        figure.colorbar(shown, orientation="horizontal", shrink=0.6)


def cross_entropy(scores: Any, targets: Any) -> Any:
    """Mean surprise at the characters that came, in nats."""
    return F.cross_entropy(scores.reshape(-1, scores.shape[-1]), targets.reshape(-1))


def _windows(numbers: Any) -> data.TensorDataset:
    """Pairs of LENGTH characters and those one further, side by side."""
    count = (len(numbers) - 1) // LENGTH
    x, y = (numbers[n : n + count * LENGTH].reshape(count, LENGTH) for n in (0, 1))
    return data.TensorDataset(x, y)


def _visible(character: str) -> str:
    """What stands for a character in the picture; mathematics ($) is not meant."""
    return {"\n": "¶", "$": r"\$"}.get(character, character if character.isprintable() else "·")


def _documentation() -> str:
    """What ``help`` has to say on Python's topics, part of the standard library, without the frames of tables."""
    topics = importlib.import_module("pydoc_data.topics").topics
    lines = "\n".join(topics[name] for name in sorted(topics)).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("|", "+-", "+=")))[:MOST]


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(
            f"{file} is no text in UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}.",
            "The model learns characters, and needs to know them.",
            "Convert it, such as by: iconv -f latin1 -t utf-8",
        ) from error
