"""The usual way to serve a model in Python: Flask under gunicorn.

usage: flask_app.py KIND CSV TARGET FILE   trains scikit-learn's model and keeps it with its features in FILE, and alone
                                           in FILE.model; KIND: logistic-regression (to the last digit), random-forest
                                           or gbdt
       flask_app.py large MEGABYTES FILE   a logistic regression of that size, which nobody has trained
       MODEL=FILE gunicorn 'flask_app:create_app()'
"""
import os
import sys

import joblib
import numpy as np


def untrained(kind):
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if kind == "random-forest":
        return RandomForestClassifier(n_estimators=100, max_depth=12, random_state=0)
    if kind == "gbdt":
        return HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, early_stopping=False, random_state=0)
    return make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000))


def train(kind, path, target, file):
    import pandas as pd

    table = pd.read_csv(path)
    X, y = table.drop(columns=[target]), table[target]
    model = untrained(kind).fit(X.to_numpy(), y)
    joblib.dump((list(X.columns), model), file)
    joblib.dump(model, file + ".model")


def make_large(megabytes, file):
    from sklearn.linear_model import LogisticRegression

    n_classes = 1000
    model = LogisticRegression()
    model.classes_ = np.array([f"c{i}" for i in range(n_classes)])
    model.coef_ = np.zeros((n_classes, int(megabytes) * 10**6 // (8 * n_classes)))
    model.intercept_ = np.zeros(n_classes)
    joblib.dump(([], model), file)


def create_app():
    from flask import Flask, jsonify, request

    names, model = joblib.load(os.environ["MODEL"])
    app = Flask(__name__)

    @app.post("/predict")
    def predict():
        instances = request.get_json()["instances"]
        X = np.array([[instance[name] for name in names] for instance in instances])
        probabilities = model.predict_proba(X)
        return jsonify(predictions=model.classes_[probabilities.argmax(axis=1)].tolist(),
                       probabilities=probabilities.tolist(), classes=model.classes_.tolist())

    return app


if __name__ == "__main__":
    if sys.argv[1] == "large":
        make_large(*sys.argv[2:])
    else:
        train(*sys.argv[1:])
