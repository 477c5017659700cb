#!/usr/bin/env python3
"""Writes decision_tree.json: trees of scikit-learn for rows that decision_tree_reference_test.cc trains on as well.

    pip install scikit-learn==1.9.1 && python3 tests/reference/decision_tree_reference.py

The rows come from the counter-based generator of thrum/core/random.h, which is repeated here. Where splits tie,
scikit-learn takes any of them: a case is written only when several random states, with targets that differ in their
last digits, give the same tree.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from logistic_regression_reference import below, uniform

N_ROWS = 240
N_FEATURES = 4

CASES = [
    {"name": "Gini", "options": {"min_samples_leaf": 9}},
    {"name": "GiniToTheLastRow", "options": {"max_depth": 5}},
    {"name": "GiniOfThreeClasses", "classes": 3, "options": {"max_depth": 5, "min_samples_leaf": 7}},
    {"name": "GiniOfWeightedRows", "weighted": True, "options": {"min_samples_leaf": 6}},
    {"name": "GiniOfThreeWeightedClasses", "weighted": True, "classes": 3, "options": {"min_samples_leaf": 6}},
    {"name": "BalancedClasses", "classes": 3, "options": {"class_weight": "balanced", "max_depth": 4}},
    {"name": "Entropy", "options": {"criterion": "entropy", "min_samples_leaf": 8}},
    {"name": "LogLossOfFourClasses", "classes": 4, "options": {"criterion": "log_loss", "min_samples_split": 40}},
    {"name": "SquaredError", "classes": 0, "options": {"max_depth": 6, "min_samples_leaf": 4}},
    {"name": "SquaredErrorOfWeightedRows", "classes": 0, "weighted": True, "options": {"min_samples_leaf": 4}},
    {"name": "AbsoluteError", "classes": 0, "options": {"criterion": "absolute_error", "min_samples_leaf": 11}},
    {"name": "AbsoluteErrorOfWeightedRows", "classes": 0, "weighted": True,
     "options": {"criterion": "absolute_error", "max_depth": 4, "min_samples_leaf": 8}},
    {"name": "Poisson", "classes": 0, "options": {"criterion": "poisson", "min_samples_leaf": 5}},
    {"name": "MissingValues", "missing": True, "options": {"min_samples_leaf": 8}},
    {"name": "MissingValuesOfNumbers", "classes": 0, "missing": True, "options": {"max_depth": 5, "min_samples_leaf": 5}},
    {"name": "MissingValuesOfThreeClasses", "classes": 3, "missing": True,
     "options": {"criterion": "entropy", "max_depth": 4, "min_samples_leaf": 5}},
    {"name": "BestFirst", "classes": 0, "options": {"max_leaf_nodes": 9}},
    {"name": "BestFirstOfClasses", "classes": 3, "options": {"max_leaf_nodes": 7}},
    {"name": "Pruned", "classes": 0, "options": {"ccp_alpha": 0.002, "min_samples_leaf": 4}},
    {"name": "PrunedGini", "options": {"ccp_alpha": 0.006, "min_samples_leaf": 6}},
    {"name": "SmallestDecrease", "classes": 0, "options": {"min_impurity_decrease": 0.002}},
    {"name": "SmallestWeightOfALeaf", "classes": 0, "weighted": True, "options": {"min_weight_fraction_leaf": 0.06}},
]


def draw(seed, missing):
    x = np.array([[2 * uniform(seed, 0, i * N_FEATURES + j) - 1 for j in range(N_FEATURES)] for i in range(N_ROWS)])
    noise = np.array([uniform(seed, 1, i) for i in range(N_ROWS)])
    y = x[:, 0] * x[:, 1] + x[:, 2] * 0.5 + 0.4 * noise + 2
    weights = np.array([0.5 + uniform(seed, 2, i) for i in range(N_ROWS)])
    if missing:
        for i in range(N_ROWS):
            for j in range(2):
                if below(seed, 4, i * N_FEATURES + j, 6) == 0:
                    x[i, j] = np.nan
    return x, y, weights


def classes_of(y, n_classes):
    return np.clip(np.floor((y - 1) / 2.4 * n_classes), 0, n_classes - 1).astype(int)


def fit(case, seed, state):
    x, y, weights = draw(seed, case.get("missing", False))
    n_classes = case.get("classes", 2)
    kind = DecisionTreeClassifier if n_classes else DecisionTreeRegressor
    target = classes_of(y, n_classes) if n_classes else y * (1 + 1e-13 * np.random.RandomState(state).normal(size=N_ROWS))
    target = y if state == 0 and not n_classes else target
    tree = kind(random_state=state, **case["options"])
    return tree.fit(x, target, sample_weight=weights if case.get("weighted") else None).tree_


def preorder(tree, node=0):
    """A node per element, parents first, from the left: [feature, threshold, missing_left] or [value, ...]."""
    if tree.children_left[node] < 0:
        return [{"value": [float(v) for v in tree.value[node, 0]]}]
    question = {"feature": int(tree.feature[node]), "threshold": float(tree.threshold[node]),
                "missing_left": bool(tree.missing_go_to_left[node])}
    return [question] + preorder(tree, tree.children_left[node]) + preorder(tree, tree.children_right[node])


def same(a, b):
    return len(a) == len(b) and all(p.get("feature") == q.get("feature") and p.get("threshold") == q.get("threshold")
                                    for p, q in zip(a, b))


def write_case(index, case):
    for seed in range(100 * index + 1, 100 * index + 100):
        trees = [preorder(fit(case, seed, state)) for state in range(6)]
        if all(same(trees[0], tree) for tree in trees):
            return {"name": case["name"], "seed": seed, "classes": case.get("classes", 2),
                    "weighted": case.get("weighted", False), "missing": case.get("missing", False),
                    "options": {key: str(value) for key, value in case["options"].items()}, "nodes": trees[0]}
    raise SystemExit(f"{case['name']}: every seed has ties")


def main():
    cases = [write_case(i, case) for i, case in enumerate(CASES)]
    for case in cases:
        print(case["name"], case["seed"], len(case["nodes"]), "nodes")
    text = json.dumps({"scikit_learn": sklearn.__version__, "rows": N_ROWS, "cases": cases})
    pathlib.Path(__file__).with_name("decision_tree.json").write_text(text.replace('}, {"name"', '},\n{"name"') + "\n")


if __name__ == "__main__":
    main()
