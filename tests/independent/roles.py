"""Are heads' scores right? python3 roles.py FOLDER STORIES.json HEADS.json

HEADS.json is what `kvreel heads FOLDER --json` says. Here the stories run through the independent forward pass, and
each role of src/lm/heads.h is measured from its definition: the mean, over all places to look from, of the attention
that lies where the role says. The first token counts for `first` alone, and the one before for `previous` alone; a
place to look from with nothing else to look at is no case, and nor is a verb right behind its subject.
"""
import json
import sys

import numpy as np

import forward
import tokens

ROLES = ("previous", "first", "same", "induction", "reference", "syntax", "distant")
DISTANT = 10
TOLERANCE = 1e-4


def cover(pieces):
    """The bytes [from, to) of each token."""
    ends = np.cumsum([len(p) for p in pieces])
    return list(zip(ends - [len(p) for p in pieces], ends))


def holding(spans, begin, end):
    """Positions of tokens that hold a byte of [begin, end)."""
    return [i for i, (a, b) in enumerate(spans) if a < end and begin < b]


def is_word(piece):
    return any(chr(b).isalnum() or b >= 128 for b in piece)


def cases(story, ids, pieces):
    """(role, row, positions) for every place to look from."""
    spans, found = cover(pieces), []

    def add(role, row, positions):
        places = {p for p in positions if 0 < p < row - 1}
        if places:
            found.append((role, row, sorted(places)))

    for row in range(1, len(ids)):
        if row > 1:
            found.append(("previous", row, [row - 1]))
            found.append(("first", row, [0]))
        add("distant", row, range(row - DISTANT + 1))
        earlier = [p for p in range(row) if ids[p] == ids[row]]
        if is_word(pieces[row]) and earlier:
            add("same", row, earlier)
            add("induction", row, [p + 1 for p in earlier])
    for begin, end, mentions in story["references"]:
        row = holding(spans, begin, end)[0] - 1
        add("reference", row, [p for a, b in mentions for p in holding(spans, a, b)])
    for begin, end, subject_begin, subject_end in story["verbs"]:
        row, subject = holding(spans, begin, end)[-1], holding(spans, subject_begin, subject_end)
        if subject[-1] < row - 1:
            add("syntax", row, subject)
    return found


def measure(folder, stories):
    model, vocabulary = forward.Model(folder), tokens.Tokens(folder)
    pieces_of = vocabulary.pieces()
    shape = (model.layers, model.heads, len(ROLES))
    sums, chance, number = np.zeros(shape), np.zeros(len(ROLES)), np.zeros(len(ROLES), int)
    for story in stories:
        ids = vocabulary.encode(story["text"])
        model.clear()
        weights = model.run(ids, rows=1).weights
        for role, row, places in cases(story, ids, [pieces_of[i] for i in ids]):
            r = ROLES.index(role)
            sums[..., r] += weights[:, :, row, places].sum(-1)
            chance[r] += len(places) / (row + 1)
            number[r] += 1
    some = np.maximum(number, 1)
    return sums / some, chance / some, number


def compare(folder, path, said):
    with open(said, encoding="utf-8") as file:
        theirs = json.load(file)
    with open(path, encoding="utf-8") as file:
        stories = json.load(file)["stories"][:theirs["stories"]]
    scores, chance, number = measure(folder, stories)
    good = True
    for r, role in enumerate(theirs["roles"]):
        worst = np.abs(np.array(role["scores"]).reshape(scores.shape[:2]) - scores[..., r]).max()
        same = (role["name"] == ROLES[r] and role["cases"] == number[r] and abs(role["chance"] - chance[r]) < TOLERANCE
                and worst < TOLERANCE)
        good = good and same
        print(f"{'    ' if same else 'NOT '}{ROLES[r]}: {role['cases']} cases, here {number[r]}; chance "
              f"{role['chance']:.5f}, here {chance[r]:.5f}; scores differ by {worst:.1e}")
    return good


if __name__ == "__main__":
    sys.exit(0 if compare(*sys.argv[1:]) else 1)
