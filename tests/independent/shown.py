"""Are the numbers of a picture right? python3 shown.py FOLDER WHY.json LAYER HEAD PROMPT

WHY.json is what `kvreel why --json` says of the last pose of a decode view: the shares of the next tokens, best
first, and where the newest token looks, in one head. Greedy, so the text follows from the prompt.
"""
import json
import sys

import numpy as np

import forward
import tokens

TOLERANCE = 1e-6


def compare(folder, why, layer, head, prompt):
    with open(why, encoding="utf-8") as file:
        facts = {fact["id"]: fact["value"] for fact in json.load(file)["facts"] if fact["id"]}
    looks = [facts[f"share.{i + 1}"] for i in range(len(facts)) if f"share.{i + 1}" in facts]
    best = [facts[f"next.share.{i + 1}"] for i in range(len(facts)) if f"next.share.{i + 1}" in facts]
    model, ids = forward.Model(folder), tokens.Tokens(folder).encode(prompt)
    result = model.run(ids)
    while len(model.keys[0]) < len(looks):
        result = model.run([int(np.argmax(result.logits[-1]))])
    shares = np.sort(forward.softmax(result.logits[-1]))[::-1][:len(best)]
    weights = result.weights[int(layer) - 1, int(head) - 1, -1]
    good = len(best) >= 4 and len(looks) > len(ids)
    for name, theirs, ours in (("next tokens", best, shares), ("places", looks, weights)):
        worst = np.abs(np.array(theirs) - ours).max()
        good = good and worst < TOLERANCE
        print(f"{len(theirs)} {name} differ by {worst:.1e} at most, of {ours.max():.3g}")
    return good


if __name__ == "__main__":
    sys.exit(0 if compare(*sys.argv[1:]) else 1)
