"""The next token, from logits: as src/lm/sample.h and src/sim/random.h define it, written anew.

Temperature, then top-k, then top-p over what top-k left (Holtzman et al. 2020); equal logits rank by id. One number of
SplitMix64 for each token, whether it is used or not.
"""
import numpy as np

MASK = (1 << 64) - 1


class Random:
    def __init__(self, seed):
        self.word = seed & MASK

    def unit(self):
        self.word = (self.word + 0x9E3779B97F4A7C15) & MASK
        z = self.word
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) / 2.0 ** 53


def draw(logits, unit, temperature=0.0, top_k=0, top_p=0.0):
    """The id, how many could come, and the share of the whole vocabulary that was cut off."""
    order = np.argsort(-logits, kind="stable")
    if temperature <= 0:
        return int(order[0]), 1, 0.0
    shares = np.exp((logits - logits.max()) / temperature)
    shares = shares[order] / shares.sum()
    kept = min(top_k, len(shares)) if top_k > 0 else len(shares)
    if 0 < top_p < 1:
        inside = np.cumsum(shares[:kept] / shares[:kept].sum())
        kept = min(int(np.searchsorted(inside, top_p)) + 1, kept)
    reached = np.cumsum(shares[:kept] / shares[:kept].sum())
    place = min(int(np.searchsorted(reached, unit, side="right")), kept - 1)
    return int(order[place]), kept, float(1 - shares[:kept].sum())
