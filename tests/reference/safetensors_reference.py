"""Opens golden model files with the reference reader of safetensors and compares it with a reading by hand.

    .venv/bin/python tests/reference/safetensors_reference.py [FILE ...]

Needs the packages safetensors and numpy. Exits with 0 when every file opens and every tensor agrees, with 77 (skipped)
when the packages are missing.
"""

import glob
import json
import os
import struct
import sys

try:
    import numpy
    import safetensors
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

DTYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U64": "<u8", "U8": "u1"}


def read_by_hand(path):
    """{name: array} and the metadata, from the format's description alone."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, tensor in header.items():
        begin, end = (8 + length + offset for offset in tensor["data_offsets"])
        assert name.startswith("padding.") or begin % 64 == 0, f"{path}: {name} is not aligned"
        tensors[name] = numpy.frombuffer(content[begin:end], DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
    return tensors, metadata


def check(path):
    expected, metadata = read_by_hand(path)
    with safetensors.safe_open(path, framework="np") as file:
        assert set(file.keys()) == set(expected), f"{path}: {sorted(file.keys())}"
        assert file.metadata() == metadata, f"{path}: {file.metadata()}"
        for name, tensor in expected.items():
            read = file.get_tensor(name)
            assert read.dtype == tensor.dtype and numpy.array_equal(read, tensor), f"{path}: {name}"
    print(f"{os.path.basename(path)}: {len(expected)} tensors agree")


def main(paths):
    golden = os.path.join(os.path.dirname(__file__), "..", "golden", "*.thrum")
    paths = paths or sorted(glob.glob(golden))
    assert paths, "no golden files"
    for path in paths:
        check(path)


if __name__ == "__main__":
    main(sys.argv[1:])
