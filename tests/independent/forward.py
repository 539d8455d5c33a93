"""Two families of language models in float64, from their papers and published definitions.

GPT-2: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", over the decoder of Vaswani et al.
2017: LayerNorm before each part and after the last, learned positions, GELU in its tanh form (Hendrycks and Gimpel
2016), the embedding again as the vocabulary's matrix. Matrices are stored [in, out]. Llama: Touvron et al. 2023 and
its successors: RMSNorm (Zhang and Sennrich 2019), rotary positions (Su et al. 2021) in the layout of Hugging Face,
where number i of a head turns with number i + D/2, grouped queries (Ainslie et al. 2023), SwiGLU (Shazeer 2020).
Matrices are stored [out, in]. Scaled positions: "linear" (Chen et al. 2023) and "llama3" (as Meta published it with
Llama 3.1).

Every multiply-add of a matrix product is counted from the shapes of the arrays that are multiplied, and so are the
bytes that these arrays would take as float32. Nothing here is tuned for speed: attention walks over queries one by
one, so that what is counted is what is needed and no masked product is done.

L layers, H query heads, KV heads of keys and values, D numbers a head, C width, T tokens, V vocabulary.
"""
import math

import numpy as np

import tensors as files

PARTS = ("embedding", "projections", "scores", "mix", "mlp", "vocabulary")


class Count:
    """Multiply-adds and bytes by part."""

    def __init__(self):
        self.multiply_adds = dict.fromkeys(PARTS, 0)
        self.bytes = dict.fromkeys(PARTS, 0)

    def product(self, part, a, b):
        """a [m, k] times b [k, n]."""
        assert a.shape[1] == b.shape[0]
        self.multiply_adds[part] += a.shape[0] * a.shape[1] * b.shape[1]
        return a @ b

    def touch(self, part, *arrays):
        self.bytes[part] += sum(4 * a.size for a in arrays)


def layer_norm(x, gain, shift, epsilon):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + epsilon) * gain + shift


def rms_norm(x, gain, epsilon):
    return x / np.sqrt((x ** 2).mean(-1, keepdims=True) + epsilon) * gain


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def gelu_exact(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def silu(x):
    return x / (1 + np.exp(-x))


ACTIVATIONS = {"gelu_new": gelu_tanh, "gelu_pytorch_tanh": gelu_tanh, "gelu_fast": gelu_tanh, "gelu": gelu_exact,
               "relu": lambda x: np.maximum(x, 0), "silu": silu, "swish": silu}


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def rope_frequencies(config, head_dim):
    """Radians that pair i turns per position, [D/2]."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = rope.get("rope_theta", config.get("rope_theta", 10000.0))
    frequency = theta ** (-np.arange(0, head_dim, 2, dtype=np.float64) / head_dim)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "linear":
        return frequency / rope["factor"]
    if kind == "llama3":
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        turns = rope["original_max_position_embeddings"] * frequency / (2 * math.pi)  # in the original context
        blend = np.clip((turns - low) / (high - low), 0, 1)
        return (1 - blend) * frequency / rope["factor"] + blend * frequency
    if kind != "default":
        raise ValueError(f"rope scaling {kind!r} is not one of default, linear, llama3")
    return frequency


def rotate(x, positions, frequency):
    """x [T, heads, D]: numbers i and i + D/2 are a point in the plane, turned by position times frequency i."""
    half = x.shape[-1] // 2
    angle = positions[:, None, None] * frequency[None, None, :]
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], -1)


class Result:
    """logits [n, V] of the pass's rows; q, out [L][n, H, D]; k, v [L][T, KV, D] (the cache, keys turned);
    dots, scores, weights [L, H, n, T]: q . k, scaled, after softmax; not a number where a query may not look."""


class Model:
    """A folder in the layout of Hugging Face. `run` continues the text that the cache holds."""

    def __init__(self, folder):
        self.config, weights = files.read_folder(folder)
        self.family = "gpt2" if self.config["model_type"] == "gpt2" else "llama"
        (self.read_gpt2 if self.family == "gpt2" else self.read_llama)(weights)
        self.cut = {}
        self.clear()

    def read_gpt2(self, weights):
        c = self.config
        self.weights = {name.removeprefix("transformer."): values for name, values in weights.items()}
        self.layers, self.heads, self.width = c["n_layer"], c["n_head"], c["n_embd"]
        self.kv_heads, self.head_dim = self.heads, self.width // self.heads
        self.epsilon, self.activation = c.get("layer_norm_epsilon", 1e-5), c.get("activation_function", "gelu_new")
        self.embedding = self.weights["wte.weight"]
        self.head = self.weights.get("lm_head.weight", self.embedding)
        if c.get("tie_word_embeddings", True):
            self.head = self.embedding

    def read_llama(self, weights):
        c = self.config
        self.weights = {name.removeprefix("model."): values for name, values in weights.items()}
        self.layers, self.heads, self.width = c["num_hidden_layers"], c["num_attention_heads"], c["hidden_size"]
        self.kv_heads = c.get("num_key_value_heads") or self.heads
        self.head_dim = c.get("head_dim") or self.width // self.heads
        self.epsilon, self.activation = c["rms_norm_eps"], c.get("hidden_act", "silu")
        self.frequency = rope_frequencies(c, self.head_dim)
        self.embedding = self.weights["embed_tokens.weight"]
        self.head = self.embedding if c.get("tie_word_embeddings", False) else self.weights["lm_head.weight"]

    def clear(self):
        """Forgets the text."""
        empty = np.zeros((0, self.kv_heads, self.head_dim))
        self.keys, self.values = [empty] * self.layers, [empty] * self.layers

    def linear(self, part, x, name):
        """x [n, in] through a stored matrix and its bias, if it has one."""
        matrix, bias = self.weights[name + ".weight"], self.weights.get(name + ".bias")
        if self.family == "llama":
            matrix = matrix.T
        self.count.touch(part, matrix, *([] if bias is None else [bias]))
        y = self.count.product(part, x, matrix)
        return y if bias is None else y + bias

    def attend(self, layer, q, k, v, result):
        """q [n, H, D], k and v [n, KV, D] of the new tokens -> their mixes [n, H * D]."""
        old, n, group = len(self.keys[layer]), len(q), self.heads // self.kv_heads
        keys = self.keys[layer] = np.concatenate([self.keys[layer], k])
        values = self.values[layer] = np.concatenate([self.values[layer], v])
        self.count.touch("scores", k)
        self.count.touch("mix", v)
        out = np.zeros_like(q)
        for t in range(n):
            seen = old + t + 1
            for g in range(self.kv_heads):
                heads = slice(g * group, (g + 1) * group)
                dots = self.count.product("scores", q[t, heads], keys[:seen, g].T)
                scores = dots / math.sqrt(self.head_dim)
                weights = softmax(scores)
                out[t, heads] = self.count.product("mix", weights, values[:seen, g])
                self.count.touch("scores", keys[:seen, g])
                self.count.touch("mix", values[:seen, g])
                result.dots[layer, heads, t, :seen] = dots
                result.scores[layer, heads, t, :seen] = scores
                result.weights[layer, heads, t, :seen] = weights
        result.q.append(q)
        result.out.append(out)
        return out.reshape(n, -1)

    def layer_gpt2(self, layer, x, _positions, result):
        w, name = self.weights, f"h.{layer}"
        n, c = x.shape
        y = layer_norm(x, w[name + ".ln_1.weight"], w[name + ".ln_1.bias"], self.epsilon)
        qkv = self.linear("projections", y, name + ".attn.c_attn").reshape(n, 3, self.heads, self.head_dim)
        mixed = self.attend(layer, qkv[:, 0], qkv[:, 1], qkv[:, 2], result)
        x = x + self.linear("projections", mixed, name + ".attn.c_proj")
        y = layer_norm(x, w[name + ".ln_2.weight"], w[name + ".ln_2.bias"], self.epsilon)
        inner = ACTIVATIONS[self.activation](self.linear("mlp", y, name + ".mlp.c_fc"))
        return x + self.linear("mlp", inner, name + ".mlp.c_proj")

    def layer_llama(self, layer, x, positions, result):
        w, name = self.weights, f"layers.{layer}"
        n = len(x)
        y = rms_norm(x, w[name + ".input_layernorm.weight"], self.epsilon)
        q, k, v = (self.linear("projections", y, f"{name}.self_attn.{part}_proj").reshape(n, -1, self.head_dim)
                   for part in "qkv")
        q, k = rotate(q, positions, self.frequency), rotate(k, positions, self.frequency)
        x = x + self.linear("projections", self.attend(layer, q, k, v, result), name + ".self_attn.o_proj")
        y = rms_norm(x, w[name + ".post_attention_layernorm.weight"], self.epsilon)
        gate = ACTIVATIONS[self.activation](self.linear("mlp", y, name + ".mlp.gate_proj"))
        return x + self.linear("mlp", gate * self.linear("mlp", y, name + ".mlp.up_proj"), name + ".mlp.down_proj")

    def run(self, ids, count=None, rows=None):
        """Tokens that follow the cache's. `count` is added to; `rows`: how many of the last rows get logits (all)."""
        self.count = count or Count()
        old, n = len(self.keys[0]), len(ids)
        positions = np.arange(old, old + n)
        result = Result()
        result.q, result.out = [], []
        shape = (self.layers, self.heads, n, old + n)
        result.dots, result.scores, result.weights = (np.full(shape, np.nan) for _ in range(3))
        x = self.embedding[np.asarray(ids)]
        self.count.touch("embedding", x)
        if self.family == "gpt2":
            x = x + self.weights["wpe.weight"][positions]
            self.count.touch("embedding", x)
        for layer in range(self.layers):
            x = (self.layer_gpt2 if self.family == "gpt2" else self.layer_llama)(layer, x, positions, result)
        x = x[-(rows or n):]
        if self.family == "gpt2":
            x = layer_norm(x, self.weights["ln_f.weight"], self.weights["ln_f.bias"], self.epsilon)
        else:
            x = rms_norm(x, self.weights["norm.weight"], self.epsilon)
        self.count.touch("vocabulary", self.head)
        result.logits = self.count.product("vocabulary", x, self.head.T)
        result.k, result.v = self.keys, self.values
        return result
