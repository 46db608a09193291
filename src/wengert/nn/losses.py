"""Losses as layers; their formulas stand at the functions of `nn.functional` that they call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.nn import functional
from wengert.nn.functional.arguments import reduction_meant
from wengert.nn.module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CosineSimilarity",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PairwiseDistance",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class _Loss(Module):
    """reduction: "mean", "sum" or "none" (the losses of the entries as they are).

    size_average, reduce: how PyTorch said that once; they come with a `DeprecationWarning`.
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:  # fmt: skip
        super().__init__()
        self.reduction = reduction_meant(size_average, reduce, reduction)


class _Weighted(_Loss):
    """A loss with a weight per class or entry, which is a buffer, or None."""

    def __init__(
        self, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", _numbers(weight))


def _numbers(weight: Any) -> Any:
    return weight if weight is None or isinstance(weight, Box) else np.asarray(weight)


# --- of numbers -------------------------------------------------------------------------------------------------


class MSELoss(_Loss):
    """(x - y)², averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MSELoss()(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    np.float64(2.0)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.mse_loss`."""
        return functional.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|x - y|, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.L1Loss()(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    np.float64(1.0)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.l1_loss`."""
        return functional.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """A parabola for distances below beta and a line beyond, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.SmoothL1Loss(reduction="none")(np.zeros(2), np.array([1.0, 3.0]))
    array([0.5, 2.5])
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.smooth_l1_loss`."""
        return functional.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """A parabola for distances up to delta and a line beyond, averaged; delta times `SmoothL1Loss`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.HuberLoss(reduction="none")(np.zeros(2), np.array([1.0, 3.0]))
    array([0.5, 2.5])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.huber_loss`."""
        return functional.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class GaussianNLLLoss(_Loss):
    """How unlikely the target is for normal distributions of these means and variances, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.GaussianNLLLoss()(np.array([0.0]), np.array([2.0]), np.array([1.0]))
    np.float64(2.0)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        """`nn.functional.gaussian_nll_loss`."""
        return functional.gaussian_nll_loss(input, target, var, self.full, self.eps, reduction=self.reduction)


class PoissonNLLLoss(_Loss):
    """How unlikely the counts are for Poisson distributions of these means (or their logarithms), averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.PoissonNLLLoss()(np.array([0.0]), np.array([2.0]))
    np.float64(1.0)
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, size_average: bool | None = None, eps: float = 1e-8,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Any, target: Any) -> Any:
        """`nn.functional.poisson_nll_loss`."""
        return functional.poisson_nll_loss(
            log_input, target, self.log_input, self.full, self.eps, reduction=self.reduction
        )


class KLDivLoss(_Loss):
    """The divergence of target distributions from those whose logarithms are given; reduction: also "batchmean".

    >>> import numpy as np, wengert as wg
    >>> p, q = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    >>> wg.nn.KLDivLoss(reduction="batchmean")(np.log(q), p).round(4)
    np.float64(0.1438)
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
        log_target: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.kl_div`."""
        return functional.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


# --- of classes and labels --------------------------------------------------------------------------------------


class CrossEntropyLoss(_Weighted):
    """-ln of the softmax of the target's class, averaged, given logits; `nn.functional.cross_entropy` says more.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.CrossEntropyLoss()(np.array([[1000.0, 0.0], [0.0, 0.0]]), np.array([0, 1])).round(4)
    np.float64(0.3466)
    """

    def __init__(
        self, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.cross_entropy`."""
        return functional.cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )  # fmt: skip


class NLLLoss(_Weighted):
    """-w x of the target's class, from log-likelihoods x, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.NLLLoss()(np.log(np.array([[0.5, 0.5], [0.1, 0.9]])), np.array([0, 1])).round(4)
    np.float64(0.3993)
    """

    def __init__(
        self, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.nll_loss`."""
        return functional.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class BCELoss(_Weighted):
    """The binary cross-entropy of probabilities, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.BCELoss()(np.array([0.5]), np.array([1.0])).round(4)
    np.float64(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.binary_cross_entropy`."""
        return functional.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Weighted):
    """The binary cross-entropy of σ(x), averaged; pos_weight: what a positive example counts.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.BCEWithLogitsLoss()(np.array([1e4, -1e4]), np.array([1.0, 1.0]))
    np.float64(5000.0)
    """

    def __init__(
        self, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean", pos_weight: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", _numbers(pos_weight))

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.binary_cross_entropy_with_logits`."""
        return functional.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class MultiMarginLoss(_Weighted):
    """The hinge loss of several classes, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MultiMarginLoss()(np.array([[0.0, 0.0, 0.5, 1.0]]), np.array([3]))
    np.float64(0.125)
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.p, self.margin = p, margin

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.multi_margin_loss`."""
        return functional.multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """The hinge loss of several labels, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MultiLabelMarginLoss()(np.array([[0.1, 0.2, 0.4, 0.8]]), np.array([[3, 0, -1, 1]])).round(4)
    np.float64(0.85)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.multilabel_margin_loss`."""
        return functional.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_Weighted):
    """The mean over the labels of the binary cross-entropy of σ(x), averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MultiLabelSoftMarginLoss()(np.zeros((1, 2)), np.array([[1.0, 0.0]])).round(4)
    np.float64(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.multilabel_soft_margin_loss`."""
        return functional.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """ln(1 + e^(-y x)), averaged, for targets y of 1 and -1.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.SoftMarginLoss()(np.array([0.0]), np.array([1.0])).round(4)
    np.float64(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.soft_margin_loss`."""
        return functional.soft_margin_loss(input, target, reduction=self.reduction)


class CTCLoss(_Loss):
    """-ln of the probability of label sequences, however they are spread over time; `nn.functional.ctc_loss`.

    >>> import numpy as np, wengert as wg
    >>> even = np.full((2, 1, 2), np.log(0.5))
    >>> np.exp(-wg.nn.CTCLoss(reduction="sum")(even, np.array([[1]]), [2], [1])).round(4)
    np.float64(0.75)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        """`nn.functional.ctc_loss`."""
        return functional.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )


# --- of distances -----------------------------------------------------------------------------------------------


class PairwiseDistance(Module):
    """The p-norm of x₁ - x₂ + eps along the last axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.PairwiseDistance(eps=0.0)(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]))
    array([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.p, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        """`nn.functional.pairwise_distance`."""
        return functional.pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """x₁·x₂ / (|x₁| |x₂|) along an axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.CosineSimilarity(dim=0)(np.array([1.0, 0.0]), np.array([3.0, 4.0]))
    np.float64(0.6)
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        """`nn.functional.cosine_similarity`."""
        return functional.cosine_similarity(x1, x2, self.dim, self.eps)


class CosineEmbeddingLoss(_Loss):
    """1 - cos for pairs with the target 1, and max(0, cos - margin) for those with -1, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.CosineEmbeddingLoss()(np.array([[1.0, 0.0]]), np.array([[3.0, 4.0]]), np.array([-1])).round(4)
    np.float64(0.6)
    """

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """`nn.functional.cosine_embedding_loss`."""
        return functional.cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """x where the target is 1, and max(0, margin - x) where it is -1, averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.HingeEmbeddingLoss()(np.array([0.3, 0.3]), np.array([1, -1]))
    np.float64(0.5)
    """

    def __init__(
        self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """`nn.functional.hinge_embedding_loss`."""
        return functional.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """max(0, -y (x₁ - x₂) + margin), averaged.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.MarginRankingLoss()(np.array([2.0]), np.array([3.0]), np.array([1.0]))
    np.float64(1.0)
    """

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """`nn.functional.margin_ranking_loss`."""
        return functional.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), averaged, d being a p-norm.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.TripletMarginLoss()(np.array([[0.0]]), np.array([[1.0]]), np.array([[1.5]])).round(4)
    np.float64(0.5)
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
        size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """`nn.functional.triplet_margin_loss`."""
        return functional.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(_Loss):
    """`TripletMarginLoss` with any distance.

    >>> import numpy as np, wengert as wg
    >>> loss = wg.nn.TripletMarginWithDistanceLoss(margin=2.0)
    >>> loss(np.array([[0.0]]), np.array([[1.0]]), np.array([[1.5]])).round(4)
    np.float64(1.5)
    """

    def __init__(
        self, *, distance_function: Callable[[Any, Any], Any] | None = None, margin: float = 1.0, swap: bool = False,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(reduction=reduction)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """`nn.functional.triplet_margin_with_distance_loss`."""
        return functional.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function, margin=self.margin, swap=self.swap,
            reduction=self.reduction,
        )  # fmt: skip
