"""Byte-level BPE (Sennrich et al. 2016, over bytes as GPT-2 has it), read from vocab.json and merges.txt.

The pattern needs Unicode's classes of letters and numbers, which Python's `re` lacks; here they are spelled with what it
has, exact for texts whose numbers are decimal digits.
"""
import json
import os
import re

WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_letters():
    """Byte -> the visible character that stands for it: itself if it has one, else the next from U+0100 on."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {b: chr(b) for b in own}
    for n, b in enumerate(b for b in range(256) if b not in letters):
        letters[b] = chr(256 + n)
    return letters


LETTERS = byte_letters()


class Tokens:
    def __init__(self, folder):
        with open(os.path.join(folder, "vocab.json"), encoding="utf-8") as file:
            self.ids = json.load(file)
        with open(os.path.join(folder, "merges.txt"), encoding="utf-8") as file:
            lines = [line for line in file.read().split("\n") if line and not line.startswith("#version")]
        self.ranks = {tuple(line.split(" ")): rank for rank, line in enumerate(lines)}
        bytes_of = {letter: b for b, letter in LETTERS.items()}
        self.bytes = {i: bytes(bytes_of[c] for c in text) for text, i in self.ids.items() if set(text) <= bytes_of.keys()}

    def join(self, parts):
        """Joins the neighbours of lowest rank, everywhere, until none is left."""
        while len(parts) > 1:
            rank, pair = min((self.ranks.get(p, len(self.ranks)), p) for p in zip(parts, parts[1:]))
            if rank == len(self.ranks):
                break
            joined, i = [], 0
            while i < len(parts):
                step = 2 if tuple(parts[i:i + 2]) == pair else 1
                joined.append("".join(parts[i:i + step]))
                i += step
            parts = joined
        return parts

    def encode(self, text):
        words = ([LETTERS[b] for b in word.encode()] for word in WORDS.findall(text))
        return [self.ids[part] for word in words for part in self.join(word)]


def learn(text, merges):
    """The pairs that BPE joins in a text, most frequent first; ties go to the pair that sorts first."""
    words = [[LETTERS[b] for b in word.encode()] for word in WORDS.findall(text)]
    learned = []
    while len(learned) < merges:
        counts = {}
        for word in words:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + 1
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        learned.append(best)
        for word in words:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == best:
                    word[i:i + 2] = ["".join(best)]
                i += 1
    return learned
