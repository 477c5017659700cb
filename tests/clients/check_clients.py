#!/usr/bin/env python3
"""Asks `thrum serve` with the clients that people have: check_clients.py THRUM SOURCE_DIR

Needs tritonclient[http] (requirements.txt); exits with 77 where there is none. KServe's client, which brings half of
Kubernetes along, is asked where it is installed as well. Every answer must be what `thrum predict` writes."""

import asyncio
import csv
import io
import os
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import tritonclient.http as triton
    from tritonclient.utils import InferenceServerException
except ImportError as error:
    print(f"skipped: {error}; requirements.txt names its version")
    sys.exit(77)

try:
    from kserve import InferInput, InferRequest
    from kserve.inference_client import InferenceRESTClient, RESTConfig

    has_kserve = True
except ImportError:
    has_kserve = False

PEOPLE = """age,workclass,hours,income
25,Private,38,low
38,Private,50,low
28,Local-gov,40,high
44,Private,40,high
18,Private,30,low
63,State-gov,32,high
24,Private,,low
55,State-gov,45,high
"""


class Server:
    """thrum serve on any free port, with what `thrum predict` says of the same rows."""

    def __init__(self, thrum, folder, data, target):
        self.data = data
        model = os.path.join(folder, "m.thrum")
        subprocess.run([thrum, "-q", "train", "logistic-regression", data, "--target", target, "-o", model], check=True)
        text = subprocess.run([thrum, "predict", model, data, "--proba"], check=True, capture_output=True, text=True).stdout
        rows = list(csv.reader(io.StringIO(text)))[1:]
        self.labels = np.array([row[0] for row in rows])
        self.probabilities = np.array([[float(p) for p in row[1:]] for row in rows])
        self.process = subprocess.Popen([thrum, "serve", model, "-b", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"Listening at: http://([0-9.:]+)", line)
            if found:
                self.address = found[1]
                break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stderr.read()
        assert self.process.wait() == 0

    def check(self, labels, probabilities):
        assert [str(label) for label in labels] == list(self.labels), labels
        assert np.array_equal(probabilities, self.probabilities), probabilities


def columns_of(path, target):
    rows = list(csv.reader(open(path)))
    return {name: [row[j] for row in rows[1:]] for j, name in enumerate(rows[0]) if name != target}


def as_texts(labels):
    return [label.decode() if isinstance(label, bytes) else label for label in labels]


def triton_input(name, values, binary):
    datatype = {"float64": "FP64", "int64": "INT64", "object": "BYTES"}[str(values.dtype)]
    tensor = triton.InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values, binary_data=binary)
    return tensor


def check_triton(server, inputs):
    """Binary and JSON, in every mixture."""
    client = triton.InferenceServerClient(server.address)
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("model")
    assert client.is_model_ready("model", "1") and not client.is_model_ready("others")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    assert [tensor["name"] for tensor in client.get_model_metadata("model")["outputs"]] == ["predictions", "probabilities"]
    assert [tensor["name"] for tensor in client.get_model_config("model")["output"]] == ["predictions", "probabilities"]
    assert client.get_inference_statistics()["model_stats"][0]["version"] == "1"
    assert client.get_inference_statistics("model", "1")["model_stats"][0]["name"] == "model"
    for binary in (True, False):
        tensors = [triton_input(name, values, binary) for name, values in inputs.items()]
        asked = [triton.InferRequestedOutput(name, binary_data=not binary) for name in ("predictions", "probabilities")]
        for outputs in (None, asked):
            result = client.infer("model", tensors, outputs=outputs, request_id="seven")
            assert result.get_response()["id"] == "seven"
            server.check(as_texts(result.as_numpy("predictions")), result.as_numpy("probabilities"))
    try:
        client.infer("model", [triton_input("nothing", np.zeros((1, 1)), True)])
        raise AssertionError("an unknown input was taken")
    except InferenceServerException as error:
        assert error.status() == "400" and "inputs[0]: expected shape" in error.message(), error


async def check_kserve(server, inputs):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    url = "http://" + server.address
    assert await client.is_server_live(url) and await client.is_server_ready(url)
    assert await client.is_model_ready(url, "model")
    for binary in (True, False):
        tensors = []
        for name, values in inputs.items():
            tensor = InferInput(name, list(values.shape), "BYTES" if values.dtype == object else "FP64")
            tensor.set_data_from_numpy(values, binary_data=binary)
            tensors.append(tensor)
        answer = await client.infer(url, InferRequest(model_name="model", infer_inputs=tensors), model_name="model")
        outputs = {output.name: output.as_numpy() for output in answer.outputs}
        server.check(as_texts(outputs["predictions"]), outputs["probabilities"])


async def check_kserve_v1(server, rows):
    client = InferenceRESTClient(RESTConfig(protocol="v1"))
    answer = await client.infer("http://" + server.address, {"instances": rows}, model_name="model")
    assert answer["predictions"] == list(server.labels), answer


def check_numbers(thrum, folder, source):
    data = os.path.join(source, "examples/data/breast_cancer.csv")
    matrix = np.array([[float(x) for x in column] for column in columns_of(data, "diagnosis").values()]).T.copy()
    with Server(thrum, folder, data, "diagnosis") as server:
        check_triton(server, {"input-0": matrix})
        if has_kserve:
            asyncio.run(check_kserve(server, {"input-0": matrix}))
            asyncio.run(check_kserve_v1(server, matrix.tolist()))


def check_columns(thrum, folder):
    data = os.path.join(folder, "people.csv")
    with open(data, "w") as file:
        file.write(PEOPLE)
    columns = columns_of(data, "income")
    inputs = {name: np.array([float(x) if x else np.nan for x in columns[name]]) for name in ("age", "hours")}
    inputs["workclass"] = np.array(columns["workclass"], dtype=object)
    complete = [i for i, hours in enumerate(columns["hours"]) if hours]
    with Server(thrum, folder, data, "income") as server:
        client = triton.InferenceServerClient(server.address)
        result = client.infer("model", [triton_input(name, values, True) for name, values in inputs.items()])
        server.check(as_texts(result.as_numpy("predictions")), result.as_numpy("probabilities"))
        # JSON has no NaN.
        server.labels, server.probabilities = server.labels[complete], server.probabilities[complete]
        inputs = {name: values[complete] for name, values in inputs.items()}
        check_triton(server, inputs)
        if has_kserve:
            asyncio.run(check_kserve(server, inputs))


def main():
    thrum, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        check_numbers(thrum, folder, source)
        check_columns(thrum, folder)
    print(f"tritonclient{' and kserve' if has_kserve else ''} got what thrum predict writes")


main()
