"""Layers for many classes: bags of embeddings, and a softmax in which rare classes cost less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.errors import refuse
from wengert.nn.containers import ModuleList, Sequential
from wengert.nn.functional import embedding_bag, log_softmax
from wengert.nn.functional.arguments import check_range, class_numbers
from wengert.nn.linear import Embedding, Linear
from wengert.nn.module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss", "EmbeddingBag"]


class EmbeddingBag(Embedding):
    """The mean, sum or max of the vectors of each bag of numbers; `nn.functional.embedding_bag` explains the arguments.

    num_embeddings, embedding_dim: how many vectors, and their length.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.EmbeddingBag(10, 3, mode="sum")(np.array([[1, 2, 2], [4, 0, 1]])).shape
    (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight,
            device=device, dtype=dtype,
        )  # fmt: skip
        self.mode, self.include_last_offset = mode, include_last_offset

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """The vectors of the bags, (bags, d)."""
        return embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, False,
            per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The arguments that are not the default."""
        said = self._said("max_norm", "norm_type", "scale_grad_by_freq")
        size = f"{self.num_embeddings}, {self.embedding_dim}"
        return f"{size}{said}, mode={self.mode!r}{self._said('padding_idx')}"


class Scored(NamedTuple):
    """What `AdaptiveLogSoftmaxWithLoss` returns: the log probabilities of the targets, (N), and their negative mean."""

    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """A softmax over classes ordered by how frequent they are, the rarer ones in clusters with fewer features.

    The head scores the first cutoffs[0] classes and the clusters; cluster i scores the classes from cutoffs[i] on, in
    in_features / div_value^(i + 1) features. From E. Grave et al., "Efficient softmax approximation for GPUs", 2017.

    in_features: the length of the input's last axis. n_classes: how many. cutoffs: where clusters begin, increasing.
    div_value: by how much the features of the clusters shrink. head_bias: whether the head has a bias. Raises
    `InvalidArgument` for cutoffs that are not increasing numbers from 1 to n_classes - 1.

    >>> import numpy as np, wengert as wg
    >>> layer = wg.nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], div_value=2.0)
    >>> x = np.ones((3, 8))
    >>> layer(x, np.array([0, 7, 19])).output.shape, np.exp(layer.log_prob(x)).sum(1).detach().numpy().round(6)
    ((3,), array([1., 1., 1.]))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ends = [int(n) for n in cutoffs]
        if not ends or ends != sorted(set(ends)) or ends[0] < 1 or ends[-1] >= n_classes:
            raise refuse(
                f"AdaptiveLogSoftmaxWithLoss got cutoffs={list(cutoffs)} for {n_classes} classes",
                "They divide the classes into those of the head and those of each cluster.",
                "Give increasing numbers from 1 to n_classes - 1.",
            )
        self.in_features, self.n_classes, self.div_value = in_features, n_classes, div_value
        self.cutoffs = [*ends, n_classes]
        self.head = Linear(in_features, ends[0] + len(ends), bias=head_bias, dtype=dtype)
        self.tail = ModuleList()
        for n, (begin, end) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            inner = int(in_features // div_value ** (n + 1))
            first = Linear(in_features, inner, bias=False, dtype=dtype)
            self.tail.append(Sequential(first, Linear(inner, end - begin, bias=False, dtype=dtype)))

    def reset_parameters(self) -> None:
        """Draw the initial numbers again."""
        self.apply(lambda m: m.reset_parameters() if isinstance(m, Linear) else None)

    def forward(self, input: Any, target: Any) -> Scored:
        """The scores of targets (N), for an input (N, in), or of one for (in): named tuple of `output` and `loss`."""
        classes = class_numbers(target, "AdaptiveLogSoftmaxWithLoss")
        check_range(classes, self.n_classes, "AdaptiveLogSoftmaxWithLoss")
        head, first = log_softmax(self.head(input), axis=-1), self.cutoffs[0]
        # The place of a class in the head: its own, or that of its cluster.
        which = np.searchsorted(np.array(self.cutoffs), classes, side="right")
        out = _at(head, np.where(which == 0, classes, first + which - 1))
        for n, cluster in enumerate(self.tail):
            begin, end = self.cutoffs[n : n + 2]
            within = _at(log_softmax(cluster(input), axis=-1), np.clip(classes - begin, 0, end - begin - 1))
            out = out + np.where(which == n + 1, within, 0)
        return Scored(out, -np.mean(out))

    def log_prob(self, input: Any) -> Any:
        """The logarithms of the probabilities of all classes, (…, n_classes)."""
        head, first = log_softmax(self.head(input), axis=-1), self.cutoffs[0]
        tails = [
            head[..., first + n : first + n + 1] + log_softmax(cluster(input), axis=-1)
            for n, cluster in enumerate(self.tail)
        ]
        return np.concatenate([head[..., :first], *tails], axis=-1)

    def predict(self, input: Any) -> Any:
        """The most probable class of each input."""
        return np.argmax(self.log_prob(input), axis=-1)


def _at(x: Any, places: Any) -> Any:
    return np.take_along_axis(x, np.expand_dims(places, -1), axis=-1)[..., 0]
