"""Are multiply-adds counted right? python3 counts.py FOLDER TRACE WHY.json

WHY.json is what `kvreel why --json` says of the last pose of a compare view that shows the same run by passes. Here the
same passes run, with the cache kept and with it forgotten, and every matrix product counts by the shapes of its arrays.
"""
import json
import sys

import forward
import tensors


def count(folder, about):
    """Multiply-adds of the prompt's pass and of each step, with a cache and without."""
    ids, n_prompt = about["ids"][:-1], about["n_prompt"]
    kept, again = forward.Count(), forward.Count()
    model = forward.Model(folder)
    for known in range(n_prompt, len(ids) + 1):
        model.run(ids[:n_prompt] if known == n_prompt else ids[known - 1:known], kept, rows=1)
    for known in range(n_prompt, len(ids) + 1):
        model.clear()
        model.run(ids[:known], again, rows=1)
    return sum(kept.multiply_adds.values()), sum(again.multiply_adds.values())


def compare(folder, trace, why):
    about = json.loads(tensors.read_file(trace)[0]["trace"])
    with open(why, encoding="utf-8") as file:
        facts = {fact["id"]: fact["value"] for fact in json.load(file)["facts"] if fact["id"]}
    good = True
    for name, ours in zip(("cost.adds_with", "cost.adds_without"), count(folder, about)):
        good = good and facts[name] == ours
        print(f"{'    ' if facts[name] == ours else 'NOT '}{name} is {facts[name]:,}, here {ours:,}")
    return good


if __name__ == "__main__":
    sys.exit(0 if compare(*sys.argv[1:]) else 1)
