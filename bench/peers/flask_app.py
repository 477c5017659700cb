"""The usual way to serve a model in Python: Flask under gunicorn.

usage: flask_app.py CSV TARGET FILE        trains scikit-learn's model to the last digit and keeps it in FILE
       MODEL=FILE gunicorn 'flask_app:create_app()'
"""
import os
import sys

import joblib
import numpy as np


def train(path, target, file):
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = pd.read_csv(path)
    X, y = table.drop(columns=[target]), table[target]
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000))
    joblib.dump((list(X.columns), model.fit(X.to_numpy(), y)), file)


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
    train(*sys.argv[1:])
