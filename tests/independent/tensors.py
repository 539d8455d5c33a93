"""Safetensors files and Hugging Face folders, read and written with NumPy alone.

The format: eight bytes little-endian N, N bytes of JSON, then the tensors' bytes; `data_offsets` count from the end of
the JSON. Weights come out as float64: F16, BF16 and F32 widen exactly.
"""
import json
import os
import struct

import numpy as np

INDEX = "model.safetensors.index.json"


def widen_bf16(raw):
    """BF16 is the upper half of an F32."""
    return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)


def narrow_bf16(values):
    """Nearest, ties to even, as every framework rounds."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


READ = {"F64": lambda raw: np.frombuffer(raw, "<f8"), "F32": lambda raw: np.frombuffer(raw, "<f4"),
        "F16": lambda raw: np.frombuffer(raw, "<f2"), "BF16": widen_bf16}
WRITE = {"F32": lambda v: v.astype("<f4"), "F16": lambda v: v.astype("<f2"), "BF16": narrow_bf16}


def read_file(path):
    """The metadata (a dict of texts) and the tensors (float64) of one file; those of other types are left out."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in READ:
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = READ[entry["dtype"]](data[begin:end]).astype(np.float64).reshape(entry["shape"])
    return metadata, tensors


def write_file(path, tensors, dtype, metadata=None):
    """`dtype`: one name for all tensors, or a function from a tensor's name to one."""
    header, chunks, offset = {}, [], 0
    if metadata:
        header["__metadata__"] = metadata
    for name, values in tensors.items():
        kind = dtype(name) if callable(dtype) else dtype
        chunk = WRITE[kind](values).tobytes()
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [offset, offset + len(chunk)]}
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def read_folder(folder):
    """config.json and all tensors of a folder, from one file or from the shards that its index names."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    if os.path.exists(os.path.join(folder, INDEX)):
        with open(os.path.join(folder, INDEX), encoding="utf-8") as file:
            names = sorted(set(json.load(file)["weight_map"].values()))
    else:
        names = ["model.safetensors"]
    tensors = {}
    for name in names:
        tensors.update(read_file(os.path.join(folder, name))[1])
    return config, tensors
