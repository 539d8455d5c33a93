"""Writes folders of random models in the layout of Hugging Face: python3 make_folder.py OUT [NAME...]

One folder for each entry of FOLDERS. The weights are drawn from a seed and large enough that every part of a layer
matters.
"""
import json
import os
import sys
import zlib

import numpy as np

import tensors
import tokens

TEXT = """Mia has a red ball. Tom has a blue kite. Mia gives the red ball to Tom, and Tom gives the kite to Mia.
Now Mia has the blue kite in the garden. It's 12 o'clock; they'll meet at the old mill again, won't they?
"""

GPT2 = {"model_type": "gpt2", "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}
LLAMA = {"model_type": "llama", "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
         "max_position_embeddings": 256, "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False}


def gpt2(layers, heads, width, **more):
    return {**GPT2, "n_layer": layers, "n_head": heads, "n_embd": width, "n_positions": 96, **more}


def llama(layers, heads, kv_heads, width, inner, **more):
    return {**LLAMA, "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": kv_heads,
            "hidden_size": width, "intermediate_size": inner, **more}


LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}

# name: (config, dtype, shards, merges, prefix of tensor names). The tiny ones are also what fuzzing starts from.
FOLDERS = {
    "gpt2-tiny": (gpt2(1, 2, 4), "F16", 1, 3, ""),
    "llama-tiny": (llama(1, 2, 1, 4, 6), "F16", 2, 3, "model."),
    "gpt2-f32": (gpt2(2, 3, 33), "F32", 1, 40, ""),
    "gpt2-f16": (gpt2(3, 4, 64, layer_norm_epsilon=1e-3), "F16", 1, 0, "transformer."),
    "gpt2-bf16-sharded": (gpt2(1, 1, 20), "BF16", 3, 25, "transformer."),
    "gpt2-inner": (gpt2(2, 2, 24, n_inner=40), "F32", 1, 40, ""),
    "llama-f32": (llama(2, 4, 4, 32, 56), "F32", 1, 40, "model."),
    "llama-grouped-f16": (llama(3, 6, 2, 48, 72, tie_word_embeddings=True, rms_norm_eps=1e-6), "F16", 1, 40, "model."),
    "llama-one-kv-bf16": (llama(2, 4, 1, 40, 30, rope_theta=500000.0), "BF16", 2, 0, "model."),
    "llama-head-dim": (llama(2, 4, 2, 24, 50, head_dim=16), "F32", 1, 40, "model."),
    "llama-tokenizer": (llama(1, 4, 2, 16, 24), "F32", 1, 60, "model."),
    "llama-linear": (llama(2, 4, 2, 32, 48, rope_scaling={"type": "linear", "factor": 4.0}), "F32", 1, 40, "model."),
    "llama-llama3": (llama(2, 4, 2, 64, 48, rope_scaling=LLAMA3), "F32", 3, 40, "model."),
    "llama-biases": (llama(2, 4, 2, 32, 48, attention_bias=True, mlp_bias=True), "F32", 1, 40, "model."),
    "llama-parameters": (llama(1, 2, 2, 16, 24, rope_parameters={"rope_type": "default", "rope_theta": 5000.0}),
                         "F32", 1, 40, "model."),
    "qwen2": (llama(2, 4, 2, 32, 48, model_type="qwen2", tie_word_embeddings=True), "BF16", 1, 40, "model."),
    "mistral": (llama(2, 4, 2, 32, 48, model_type="mistral", sliding_window=None), "F16", 1, 40, "model."),
}


class Writer:
    def __init__(self, seed):
        self.random = np.random.RandomState(seed)
        self.tensors = {}

    def matrix(self, name, rows, columns, scale):
        self.tensors[name + ".weight"] = self.random.standard_normal((rows, columns)) * scale

    def vector(self, name, size, middle=0.0, deviation=0.3):
        self.tensors[name] = middle + deviation * self.random.standard_normal(size)


def weights_gpt2(w, config, vocab):
    c, inner = config["n_embd"], config.get("n_inner") or 4 * config["n_embd"]
    w.matrix("wte", vocab, c, 0.3)
    w.matrix("wpe", config["n_positions"], c, 0.2)
    for layer in range(config["n_layer"]):
        name = f"h.{layer}."
        for norm in ("ln_1", "ln_2"):
            w.vector(name + norm + ".weight", c, 1.0)
            w.vector(name + norm + ".bias", c)
        for part, rows, columns in (("attn.c_attn", c, 3 * c), ("attn.c_proj", c, c),
                                    ("mlp.c_fc", c, inner), ("mlp.c_proj", inner, c)):
            w.matrix(name + part, rows, columns, 1.5 / rows ** 0.5)
            w.vector(name + part + ".bias", columns)
    w.vector("ln_f.weight", c, 1.0)
    w.vector("ln_f.bias", c)


def weights_llama(w, config, vocab):
    c, inner, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    d = config.get("head_dim") or c // heads
    kv = config["num_key_value_heads"] * d
    w.matrix("embed_tokens", vocab, c, 0.3)
    qkv_bias = config["attention_bias"] or config["model_type"] == "qwen2"
    for layer in range(config["num_hidden_layers"]):
        name = f"layers.{layer}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            w.vector(name + norm + ".weight", c, 1.0)
        for part, rows, columns, bias in (
                ("self_attn.q_proj", heads * d, c, qkv_bias), ("self_attn.k_proj", kv, c, qkv_bias),
                ("self_attn.v_proj", kv, c, qkv_bias), ("self_attn.o_proj", c, heads * d, config["attention_bias"]),
                ("mlp.gate_proj", inner, c, config["mlp_bias"]), ("mlp.up_proj", inner, c, config["mlp_bias"]),
                ("mlp.down_proj", c, inner, config["mlp_bias"])):
            w.matrix(name + part, rows, columns, 1.5 / columns ** 0.5)
            if bias:
                w.vector(name + part + ".bias", rows)
    w.vector("norm.weight", c, 1.0)
    if not config["tie_word_embeddings"]:
        w.matrix("lm_head", vocab, c, 1.5 / c ** 0.5)


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)


def write_tokenizer(folder, vocab, pairs):
    """The layout of the `tokenizers` library, with GPT-2's cutting into words."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    end = {"id": len(vocab) - 1, "content": vocab[-1], "single_word": False, "lstrip": False, "rstrip": False,
           "normalized": False, "special": True}
    write_json(folder, "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], "normalizer": None,
        "pre_tokenizer": byte_level, "post_processor": byte_level, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False,
                  "vocab": {text: i for i, text in enumerate(vocab[:-1])}, "merges": [f"{a} {b}" for a, b in pairs]}})


def write_vocabulary(folder, merges):
    """256 bytes, what `merges` pairs join, and the end of a text. Returns the size."""
    pairs = tokens.learn(TEXT, merges)
    vocab = list(tokens.LETTERS.values()) + ["".join(pair) for pair in pairs] + ["<|endoftext|>"]
    if folder.endswith("-tokenizer"):
        write_tokenizer(folder, vocab, pairs)
        return len(vocab)
    write_json(folder, "vocab.json", {text: i for i, text in enumerate(vocab)})
    with open(os.path.join(folder, "merges.txt"), "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in pairs))
    return len(vocab)


def write_weights(folder, named, dtype, shards):
    if shards == 1:
        tensors.write_file(os.path.join(folder, "model.safetensors"), named, dtype, {"format": "pt"})
        return
    names, where = list(named), {}
    for s in range(shards):
        file = f"model-{s + 1:05}-of-{shards:05}.safetensors"
        part = {name: named[name] for name in names[s::shards]}
        where.update(dict.fromkeys(part, file))
        tensors.write_file(os.path.join(folder, file), part, dtype, {"format": "pt"})
    size = sum(v.size for v in named.values()) * (4 if dtype == "F32" else 2)
    write_json(folder, tensors.INDEX, {"metadata": {"total_size": size}, "weight_map": where})


def write_folder(folder, name):
    config, dtype, shards, merges, prefix = FOLDERS[name]
    os.makedirs(folder)
    vocab = write_vocabulary(folder, merges)
    write_json(folder, "config.json", {**config, "vocab_size": vocab})
    writer = Writer(zlib.crc32(name.encode()))
    (weights_gpt2 if config["model_type"] == "gpt2" else weights_llama)(writer, config, vocab)
    named = {n if n == "lm_head.weight" else prefix + n: v for n, v in writer.tensors.items()}
    write_weights(folder, named, dtype, shards)


if __name__ == "__main__":
    for wanted in sys.argv[2:] or FOLDERS:
        write_folder(os.path.join(sys.argv[1], wanted), wanted)
