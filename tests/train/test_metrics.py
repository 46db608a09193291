"""Metrics agree with scikit-learn's of all samples at once, however these are divided into batches."""

import numpy as np
import pytest
from sklearn import metrics as theirs

import wengert as wg
from wengert import train
from wengert.errors import InvalidArgument

RNG = np.random.default_rng(0)
TARGETS = RNG.integers(0, 4, 50)
SCORES = RNG.integers(0, 5, (50, 4)) / 4  # with ties
BINARY = RNG.integers(0, 2, 50)
Y, PREDICTED = RNG.normal(size=(50, 2)) + 1e4, RNG.normal(size=(50, 2)) * 0.3 + 1e4


def updated(metric, prediction, target, cuts=(7, 7, 30)):
    for p, t in zip(np.split(prediction, cuts), np.split(target, cuts), strict=True):
        metric.update(p, t)
    again = type(metric).__new__(type(metric))
    again.__dict__.update(metric.__dict__)
    again.load_state_dict(metric.state_dict())
    assert np.array_equal(again.compute(), metric.compute())
    return metric


def test_classification():
    found = SCORES.argmax(1)
    assert float(updated(train.Accuracy(), SCORES, TARGETS)) == pytest.approx(theirs.accuracy_score(TARGETS, found))
    assert float(updated(train.Accuracy(), found, TARGETS)) == pytest.approx(theirs.accuracy_score(TARGETS, found))
    halves = theirs.accuracy_score(BINARY, SCORES[:, 0] > 0.5)
    assert float(updated(train.Accuracy(threshold=0.5), SCORES[:, 0], BINARY)) == pytest.approx(halves)
    assert float(updated(train.TopK(1), SCORES, TARGETS)) == pytest.approx(theirs.accuracy_score(TARGETS, found))
    distinct = SCORES + np.arange(4) / 100
    expected = theirs.top_k_accuracy_score(TARGETS, distinct, k=2)
    assert float(updated(train.TopK(2), distinct, TARGETS)) == pytest.approx(expected)
    confusion = updated(train.ConfusionMatrix(4), SCORES, TARGETS)
    assert np.array_equal(confusion.compute(), theirs.confusion_matrix(TARGETS, found))
    assert np.allclose(confusion.precision(), theirs.precision_score(TARGETS, found, average=None))
    assert np.allclose(confusion.recall(), theirs.recall_score(TARGETS, found, average=None))
    assert np.allclose(confusion.f1(), theirs.f1_score(TARGETS, found, average=None))


def test_areas():
    expected = theirs.roc_auc_score(BINARY, SCORES[:, 0])
    assert float(updated(train.AUROC(), SCORES[:, 0], BINARY)) == pytest.approx(expected)
    chances = SCORES + 0.1
    chances /= chances.sum(1, keepdims=True)
    expected = theirs.roc_auc_score(TARGETS, chances, multi_class="ovr")
    assert float(updated(train.AUROC(), chances, TARGETS)) == pytest.approx(expected)
    one_sided = train.AUROC()
    one_sided.update(np.ones(3), np.ones(3))
    assert np.isnan(one_sided.compute())


def test_regression():
    assert float(updated(train.R2(), PREDICTED, Y)) == pytest.approx(theirs.r2_score(Y, PREDICTED), rel=1e-9)
    error = theirs.mean_squared_error(Y, PREDICTED)
    assert float(updated(train.MeanSquaredError(), PREDICTED, Y)) == pytest.approx(error)
    assert float(updated(train.MeanSquaredError(root=True), PREDICTED, Y)) == pytest.approx(np.sqrt(error))
    for predicted, expected in [(np.ones(4), 1.0), (np.zeros(4), 0.0)]:
        assert float(updated(train.R2(), predicted, np.ones(4), (2,))) == expected


def test_tensors_and_resetting():
    mean = train.Mean()
    assert np.isnan(mean.compute()) and np.isnan(float(train.R2())) and np.isnan(float(train.AUROC()))
    mean.update(wg.tensor([1.0, 3.0], requires_grad=True), weight=np.array([3, 1]))
    assert mean.compute() == 1.5 and repr(mean) == "Mean(1.5)"
    mean.reset()
    assert np.isnan(mean.compute())
    accuracy = train.Accuracy()
    accuracy.update(wg.tensor([[0.0, 1.0]], requires_grad=True), wg.tensor([1]))
    assert accuracy.compute() == 1.0


@pytest.mark.parametrize(
    "metric",
    [train.Accuracy(), train.TopK(1), train.ConfusionMatrix(3), train.MeanSquaredError(), train.R2(), train.AUROC()],
)
def test_shapes_that_would_broadcast_are_refused(metric):
    with pytest.raises(InvalidArgument, match=f"{type(metric).__name__} at"):
        metric.update(np.zeros((3, 2, 2)), np.zeros(1, int))


def test_classes_outside():
    with pytest.raises(InvalidArgument, match="classes from 0 to 3"):
        train.ConfusionMatrix(3).update(np.array([0, 3]), np.array([0, 0]))
