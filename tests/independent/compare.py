"""Is a trace right? python3 compare.py FOLDER TRACE

Runs the folder's model over the trace's tokens and compares every number of the file; reads the prompt's tokens and
draws the next ones anew. Prints the largest difference of each tensor; ends with 1 when one is over the tolerance.
"""
import json
import sys

import numpy as np

import forward
import sampling
import tensors
import tokens

TOLERANCE = 1e-4


class Comparison:
    def __init__(self):
        self.good = True

    def say(self, good, text):
        self.good = self.good and good
        print(f"{'    ' if good else 'NOT '}{text}")

    def numbers(self, name, theirs, ours, tolerance=TOLERANCE):
        if theirs.shape != ours.shape:
            self.say(False, f"{name} has the shape {theirs.shape}, here {ours.shape}")
            return
        worst = np.abs(theirs - ours).max()
        self.say(bool(worst <= tolerance), f"{name} differs by {worst:.1e} at most, of {np.abs(ours).max():.3g}")


def heads_first(per_layer):
    """[L][T, heads, D] -> [L, heads, T, D]."""
    return np.array(per_layer).transpose(0, 2, 1, 3)


def compare_tensors(c, trace, result, n_prompt):
    above = np.triu(np.ones(trace["weights"].shape[-2:], bool), 1)
    c.numbers("logits", trace["logits"], result.logits[n_prompt - 1:])
    c.numbers("q", trace["q"], heads_first(result.q))
    c.numbers("k", trace["k"], heads_first(result.k))
    c.numbers("v", trace["v"], heads_first(result.v))
    c.numbers("out", trace["out"], heads_first(result.out))
    for name, ours in (("scores_raw", result.dots), ("scores", result.scores), ("weights", result.weights)):
        c.numbers(name, np.where(above, 0, trace[name]), np.where(above, 0, ours))
    c.say(bool((trace["weights"][..., above] == 0).all()), "no weight lies above the diagonal")
    c.say(bool(np.isneginf(trace["scores"][..., above]).all()), "every score above it is masked")


def compare_draws(c, trace, about):
    how = about.get("sampling", {})
    random = sampling.Random(how.get("seed", 0))
    options = {key: how[key] for key in ("temperature", "top_k", "top_p") if key in how}
    drawn = [sampling.draw(row, random.unit(), **options)[0] for row in trace["logits"]]
    c.say(drawn == about["ids"][about["n_prompt"]:], f"{len(drawn)} tokens are drawn as {how} asks")


def compare(folder, path):
    c = Comparison()
    metadata, trace = tensors.read_file(path)
    about = json.loads(metadata["trace"])
    ids, n_prompt = about["ids"], about["n_prompt"]
    c.say(tokens.Tokens(folder).encode(about["prompt"]) == ids[:n_prompt], f"{n_prompt} tokens are those of the prompt")
    compare_tensors(c, trace, forward.Model(folder).run(ids[:-1]), n_prompt)
    compare_draws(c, trace, about)
    return c.good


if __name__ == "__main__":
    sys.exit(0 if compare(sys.argv[1], sys.argv[2]) else 1)
