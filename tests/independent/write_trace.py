"""Writes a trace as docs/TRACE.md describes it, from the independent forward pass: python3 write_trace.py FOLDER OUT
PROMPT

Greedy, four steps. So the page is put to the test by a program that knows nothing else.
"""
import json
import sys

import numpy as np

import forward
import tensors
import tokens

STEPS = 4


def run(model, ids):
    """The ids with what came, the last result and the logits of each pass."""
    result, passes = model.run(ids), []
    for _ in range(STEPS):
        passes.append(result.logits[-1])
        ids = ids + [int(np.argmax(passes[-1]))]
        model.clear()
        result = model.run(ids)
    passes.append(result.logits[-1])
    return ids + [int(np.argmax(passes[-1]))], result, np.array(passes)


def piece(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"hex": data.hex()}


def write(folder, path, prompt):
    model, vocabulary = forward.Model(folder), tokens.Tokens(folder)
    prompt_ids = vocabulary.encode(prompt)
    ids, result, logits = run(model, prompt_ids)
    above = np.triu(np.ones(result.scores.shape[-2:], bool), 1)
    named = {"q": np.array(result.q).transpose(0, 2, 1, 3), "out": np.array(result.out).transpose(0, 2, 1, 3),
             "k": np.array(result.k).transpose(0, 2, 1, 3), "v": np.array(result.v).transpose(0, 2, 1, 3),
             "logits": logits, "scores_raw": np.where(above, 0, result.dots),
             "scores": np.where(above, -np.inf, result.scores),
             "weights": np.where(above, 0, result.weights)}
    config = model.config
    inner = config.get("intermediate_size") or config.get("n_inner") or 4 * model.width
    about = {"model": {"name": "random", "family": model.family, "width": model.width, "inner": inner,
                       "origin": "seeded"},
             "program": "NumPy", "prompt": prompt, "n_prompt": len(prompt_ids), "ids": ids,
             "pieces": {str(i): piece(data) for i, data in vocabulary.pieces().items()}}
    tensors.write_file(path, named, "F32", {"format": "kvreel-trace", "version": "1", "trace": json.dumps(about)})


if __name__ == "__main__":
    write(*sys.argv[1:])
