"""Writes metrics.json: random cases (ties, weights, several classes) and scikit-learn's scores of them.

    python tests/reference/metrics_reference.py > tests/reference/metrics.json
"""

import json
import sys

import numpy as np
import sklearn
from sklearn import metrics as m


def weights_of(rng, n, weighted):
    return np.round(rng.exponential(size=n), 3) * (rng.random(n) > 0.1) if weighted else None


def probabilities_of(rng, y, n_classes, decimals):
    """Probabilities that know something of y; few decimals give many ties."""
    logits = rng.normal(size=(len(y), n_classes))
    logits[np.arange(len(y)), y] += 0.8
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    units = np.floor(p * 10**decimals)
    units[np.arange(len(y)), p.argmax(axis=1)] += 10**decimals - units.sum(axis=1)
    return units / 10**decimals


def averages(y, predicted, w, average):
    scores = {}
    for name, function in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
        scores[f"{name}_{average}"] = function(y, predicted, average=average, sample_weight=w, zero_division=0)
    return scores


def classification_case(rng, n, n_classes, decimals, weighted):
    y = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)])
    p = probabilities_of(rng, y, n_classes, decimals)
    w = weights_of(rng, n, weighted)
    if w is not None:
        w[:n_classes] = 0.25  # every class keeps a row that counts
    predicted = p.argmax(axis=1)
    labels = list(range(n_classes))
    scores = {
        "accuracy": m.accuracy_score(y, predicted, sample_weight=w),
        "log_loss": m.log_loss(y, p, labels=labels, sample_weight=w),
        "brier": m.brier_score_loss(y, p, labels=labels, sample_weight=w),
    }
    for average in ["macro", "micro", "weighted"] + (["binary"] if n_classes == 2 else []):
        scores |= averages(y, predicted, w, average)
    case = {"y": y.tolist(), "p": p.tolist(), "w": [] if w is None else w.tolist()}
    if n_classes == 2:
        scores["roc_auc"] = m.roc_auc_score(y, p[:, 1], sample_weight=w)
        scores["average_precision"] = m.average_precision_score(y, p[:, 1], sample_weight=w)
        fpr, tpr, thresholds = m.roc_curve(y, p[:, 1], sample_weight=w, drop_intermediate=False)
        case["roc_curve"] = {"fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": thresholds[1:].tolist()}
    else:
        scores["roc_auc"] = m.roc_auc_score(y, p, multi_class="ovr", sample_weight=w)
        scores["average_precision"] = m.average_precision_score(y, p, sample_weight=w)
    case["confusion"] = m.confusion_matrix(y, predicted, labels=labels, sample_weight=w).tolist()
    case["scores"] = {name: float(value) for name, value in scores.items()}
    return case


def regression_case(rng, n, weighted, offset):
    y = rng.normal(size=n) + offset
    predicted = y + 0.3 * rng.normal(size=n)
    w = weights_of(rng, n, weighted)
    scores = {
        "rmse": m.root_mean_squared_error(y, predicted, sample_weight=w),
        "mae": m.mean_absolute_error(y, predicted, sample_weight=w),
        "r2": m.r2_score(y, predicted, sample_weight=w),
    }
    return {
        "y": y.tolist(), "predicted": predicted.tolist(), "w": [] if w is None else w.tolist(),
        "scores": {name: float(value) for name, value in scores.items()},
    }


def main():
    rng = np.random.default_rng(20240611)
    classification = [
        classification_case(rng, n, n_classes, decimals, weighted)
        for n, n_classes, decimals in [(7, 2, 1), (60, 2, 1), (60, 2, 6), (300, 2, 2), (40, 3, 2), (90, 5, 1), (80, 4, 6)]
        for weighted in [False, True]
    ]
    regression = [
        regression_case(rng, n, weighted, offset)
        for n, offset in [(5, 0.0), (50, 0.0), (200, 1000.0)]
        for weighted in [False, True]
    ]
    json.dump({"sklearn": sklearn.__version__, "classification": classification, "regression": regression}, sys.stdout,
              separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
