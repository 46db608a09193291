"""Connectionist temporal classification: the probability of a sequence of labels, however it is spread over time.

A. Graves et al., "Connectionist temporal classification: labelling unsegmented sequence data with recurrent neural
networks", 2006. With a blank before, between and behind the labels,

    l' = ␣ a ␣ b ␣            (2 S + 1 places)

the probability α_t(s) that the first t frames end at place s obeys, in logarithms,

    α_t(s) = log p_t(l'_s) + logaddexp(α_{t-1}(s), α_{t-1}(s-1), α_{t-1}(s-2))

where the last term, skipping a place, is there only if l'_s is no blank and differs from l'_{s-2}. The loss is
-logaddexp(α_T(2 L), α_T(2 L - 1)) for L labels; its derivative is that of the recursion.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.errors import refuse
from wengert.nn.functional.arguments import class_numbers, floats, unknown
from wengert.ops.spelling import lift
from wengert.transforms.control import scan

__all__ = ["ctc_loss"]


def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """-ln of the probability of label sequences, given the logarithms of the labels' probabilities at each time.

    log_probs: (T, N, C), or (T, C) for one sequence. targets: (N, S) padded to one length, or all one after the other
    in one axis; (S) for one sequence. input_lengths, target_lengths: (N), or a number: how many frames and labels there
    are. blank: the number of the blank. reduction: "mean" divides each loss by the number of its labels and takes the
    mean. zero_infinity: impossible targets (longer than their input) cost 0, and not infinity.

    >>> import numpy as np, wengert as wg
    >>> even = np.full((2, 1, 2), np.log(0.5))
    >>> np.exp(-wg.nn.functional.ctc_loss(even, np.array([[1]]), [2], [1], reduction="sum")).round(4)
    np.float64(0.75)
    """
    if reduction not in ("mean", "sum", "none"):
        raise unknown("reduction", reduction, ("mean", "sum", "none"))
    x = floats(log_probs)
    single = x.ndim == 2
    if single:
        x = np.expand_dims(x, 1)
    if x.ndim != 3 or not 0 <= blank < x.shape[2]:
        raise refuse(
            f"ctc_loss got log_probs of shape {x.shape} and blank={blank}",
            "Axes are time, sequences and labels, and the blank is one of the labels.",
            "Give (T, N, C) or (T, C).",
        )
    steps, count, _ = x.shape
    frames, lengths = _lengths(input_lengths, count, "input_lengths"), _lengths(target_lengths, count, "target_lengths")
    labels = _padded(class_numbers(targets, "ctc_loss"), lengths, count, single)
    _check(frames, steps, "input_lengths")
    _check(lengths, labels.shape[1], "target_lengths")
    loss = _negative_log(x, labels, frames, lengths, blank)
    if zero_infinity:
        loss = np.where(np.isinf(loss), 0, loss)
    if reduction == "none":
        return loss[0] if single else loss
    return np.sum(loss) if reduction == "sum" else np.mean(loss / np.maximum(lengths, 1).astype(x.dtype))


def _lengths(given: Any, count: int, name: str) -> Any:
    found = class_numbers(given, name)
    found = np.reshape(found, (1,)) if found.ndim == 0 else found
    if found.shape != (count,):
        raise refuse(
            f"{name} of shape {found.shape} for {count} sequences", "Each has its length.", f"Give ({count},)."
        )
    return found


def _check(lengths: Any, limit: int, name: str) -> None:
    if isinstance(lengths, Box):
        return
    if np.any((lengths < 0) | (lengths > limit)):
        raise refuse(f"{name}={lengths.tolist()}", f"There are {limit}.", "Give lengths from 0 to that.")


def _padded(targets: Any, lengths: Any, count: int, single: bool) -> Any:
    """The labels as (N, S)."""
    if targets.ndim == 2:
        return targets
    if single:
        return np.reshape(targets, (1, -1))
    known = lengths.concrete("ctc_loss with targets in one axis") if isinstance(lengths, Box) else lift(lengths)
    if known.sum() != targets.shape[0]:
        raise refuse(
            f"ctc_loss got {targets.shape[0]} labels for target_lengths that add up to {known.sum()}",
            "They stand one after the other.",
            "Give as many, or targets of shape (N, S).",
        )
    place = np.cumsum(known)[:, None] - known[:, None] + np.arange(max(known, default=0))
    return np.take(targets, np.minimum(place, max(targets.shape[0] - 1, 0)))


def _negative_log(x: Any, labels: Any, frames: Any, lengths: Any, blank: int) -> Any:
    steps, count, _ = x.shape
    places = 2 * labels.shape[1] + 1
    odd = np.arange(places) % 2 == 1
    spread = np.repeat(labels, 2, axis=1)
    path = np.where(odd, np.concatenate([spread, spread[:, :1]], axis=1) if labels.shape[1] else blank, blank)
    path = np.broadcast_to(path, (count, places))
    before = np.concatenate([np.full((count, 2), blank), path[:, : max(places - 2, 0)]], axis=1)[:, :places]
    skips = odd & (path != before)
    never = np.full((count, 2), -np.inf, x.dtype)
    entries = np.take_along_axis(x, np.broadcast_to(path, (steps, count, places)), axis=2)
    alpha = np.where(np.arange(places) < 2, entries[0], x.dtype.type(-np.inf))

    def step(alpha: Any, now: Any) -> tuple[Any, None]:
        t, entry = now
        wide = np.concatenate([never, alpha], axis=1)
        one, two = wide[:, 1 : places + 1], np.where(skips, wide[:, :places], x.dtype.type(-np.inf))
        new = entry + np.logaddexp(np.logaddexp(alpha, one), two)
        return np.where(np.expand_dims(t < frames, -1), new, alpha), None

    alpha, _ = scan(step, alpha, (np.arange(1, steps), entries[1:]))
    last = np.expand_dims(2 * lengths, -1)
    at_blank = np.take_along_axis(alpha, last, axis=1)[:, 0]
    at_label = np.take_along_axis(alpha, np.maximum(last - 1, 0), axis=1)[:, 0]
    some = np.logaddexp(at_blank, np.where(lengths > 0, at_label, x.dtype.type(-np.inf)))
    return -np.where(frames > 0, some, np.where(lengths > 0, x.dtype.type(-np.inf), 0))
