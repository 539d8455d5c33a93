"""Writes a folder's model as a GGUF file, so that llama.cpp can run the same weights: python3 gguf.py FOLDER OUT.gguf

Not part of `make check`: see README.md, "A second opinion". Weights are written as F32, numbers exact.
"""
import json
import os
import struct
import sys

import numpy as np

import tensors as files

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
ALIGNMENT = 32


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value(kind, v):
    if kind == ARRAY:
        inner, items = v
        return struct.pack("<IQ", inner, len(items)) + b"".join(value(inner, i) for i in items)
    return text(v) if kind == STRING else struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], v)


def write(path, fields, tensors):
    infos, data = b"", b""
    for name, array in tensors.items():
        data += b"\0" * (-len(data) % ALIGNMENT)
        shape = array.shape[::-1]
        infos += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        infos += struct.pack("<IQ", 0, len(data))
        data += array.astype("<f4").tobytes()
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields))
    for key, (kind, v) in fields.items():
        head += text(key) + struct.pack("<I", kind) + value(kind, v)
    head += infos
    with open(path, "wb") as file:
        file.write(head + b"\0" * (-len(head) % ALIGNMENT) + data)


def vocabulary(folder):
    with open(os.path.join(folder, "vocab.json"), encoding="utf-8") as file:
        ids = json.load(file)
    with open(os.path.join(folder, "merges.txt"), encoding="utf-8") as file:
        merges = [line for line in file.read().split("\n") if line and not line.startswith("#version")]
    words = sorted(ids, key=ids.get)
    end = ids.get("<|endoftext|>", len(words) - 1)
    return {"tokenizer.ggml.model": (STRING, "gpt2"), "tokenizer.ggml.pre": (STRING, "gpt-2"),
            "tokenizer.ggml.tokens": (ARRAY, (STRING, words)),
            "tokenizer.ggml.token_type": (ARRAY, (I32, [3 if w == "<|endoftext|>" else 1 for w in words])),
            "tokenizer.ggml.merges": (ARRAY, (STRING, merges)),
            "tokenizer.ggml.bos_token_id": (U32, end), "tokenizer.ggml.eos_token_id": (U32, end),
            "tokenizer.ggml.add_bos_token": (BOOL, False)}


def gpt2(config, weights):
    c, w = config["n_embd"], {n.removeprefix("transformer."): v for n, v in weights.items()}
    fields = {"context_length": (U32, config["n_positions"]), "embedding_length": (U32, c),
              "block_count": (U32, config["n_layer"]), "feed_forward_length": (U32, config.get("n_inner") or 4 * c),
              "attention.head_count": (U32, config["n_head"]),
              "attention.layer_norm_epsilon": (F32, config["layer_norm_epsilon"])}
    out = {"token_embd.weight": w["wte.weight"], "position_embd.weight": w["wpe.weight"],
           "output_norm.weight": w["ln_f.weight"], "output_norm.bias": w["ln_f.bias"], "output.weight": w["wte.weight"]}
    parts = {"attn_norm": "ln_1", "ffn_norm": "ln_2", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj",
             "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"}
    for layer in range(config["n_layer"]):
        for theirs, ours in parts.items():
            out[f"blk.{layer}.{theirs}.weight"] = w[f"h.{layer}.{ours}.weight"].T
            out[f"blk.{layer}.{theirs}.bias"] = w[f"h.{layer}.{ours}.bias"]
    return "gpt2", fields, out


def interleave(rows, heads):
    """llama.cpp turns neighbours 2i and 2i + 1 where Hugging Face turns i and i + D/2."""
    shape = rows.shape
    return rows.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def rope_factors(rope, theta, d):
    """By what llama3 scaling divides each frequency, as the converter of llama.cpp states it."""
    low, high, old = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    factors = []
    for frequency in 1.0 / theta ** (np.arange(0, d, 2) / d):
        wavelength = 2 * np.pi / frequency
        if wavelength < old / high:
            factors.append(1.0)
        elif wavelength > old / low:
            factors.append(rope["factor"])
        else:
            smooth = (old / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors)


def llama(config, weights):
    qwen = config["model_type"] == "qwen2"
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    d = config.get("head_dim") or config["hidden_size"] // heads
    w = {n.removeprefix("model."): v for n, v in weights.items()}
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = rope.get("rope_theta") or config["rope_theta"]
    fields = {"context_length": (U32, config["max_position_embeddings"]),
              "embedding_length": (U32, config["hidden_size"]), "block_count": (U32, config["num_hidden_layers"]),
              "feed_forward_length": (U32, config["intermediate_size"]), "attention.head_count": (U32, heads),
              "attention.head_count_kv": (U32, kv), "attention.layer_norm_rms_epsilon": (F32, config["rms_norm_eps"]),
              "attention.key_length": (U32, d), "attention.value_length": (U32, d),
              "rope.dimension_count": (U32, d), "rope.freq_base": (F32, theta)}
    out = {"token_embd.weight": w["embed_tokens.weight"], "output_norm.weight": w["norm.weight"],
           "output.weight": w.get("lm_head.weight", w["embed_tokens.weight"])}
    kind = rope.get("rope_type", rope.get("type"))
    if kind == "linear":
        fields |= {"rope.scaling.type": (STRING, "linear"), "rope.scaling.factor": (F32, rope["factor"])}
    if kind == "llama3":
        out["rope_freqs.weight"] = rope_factors(rope, theta, d)
    parts = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
             "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
             "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
    for layer in range(config["num_hidden_layers"]):
        for theirs, ours in parts.items():
            for kind in ("weight", "bias"):
                array = w.get(f"layers.{layer}.{ours}.{kind}")
                if array is None:
                    continue
                if theirs in ("attn_q", "attn_k") and not qwen:
                    array = interleave(array, heads if theirs == "attn_q" else kv)
                out[f"blk.{layer}.{theirs}.{kind}"] = array
    return "qwen2" if qwen else "llama", fields, out


def convert(folder, path):
    config, weights = files.read_folder(folder)
    name, fields, out = (gpt2 if config["model_type"] == "gpt2" else llama)(config, weights)
    head = {"general.architecture": (STRING, name), "general.name": (STRING, os.path.basename(folder)),
            "general.file_type": (U32, 0)}
    write(path, head | {f"{name}.{key}": v for key, v in fields.items()} | vocabulary(folder), out)


if __name__ == "__main__":
    convert(sys.argv[1], sys.argv[2])
