"""Byte-level BPE (Sennrich et al. 2016, over bytes as GPT-2 has it).

The pattern needs Unicode's classes of letters and numbers, which Python's `re` lacks; here they are spelled with what
it has, exact for texts whose numbers are decimal digits.
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


def read_vocabulary(folder):
    """Ids by text, and merges as lines, from tokenizer.json or from the older pair of files."""
    def text(name):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    if os.path.exists(os.path.join(folder, "tokenizer.json")):
        model = json.loads(text("tokenizer.json"))["model"]
        return model["vocab"], [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    lines = text("merges.txt").split("\n")
    return json.loads(text("vocab.json")), [m for m in lines if m and not m.startswith("#version")]


class Tokens:
    def __init__(self, folder):
        self.ids, lines = read_vocabulary(folder)
        self.ranks = {tuple(line.split(" ")): rank for rank, line in enumerate(lines)}

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

    def pieces(self):
        """The bytes of each id."""
        byte_of = {letter: b for b, letter in LETTERS.items()}
        return {i: bytes(byte_of[c] for c in text) for text, i in self.ids.items() if set(text) <= byte_of.keys()}

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
