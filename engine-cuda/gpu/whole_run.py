"""What a run came to: accuracy, sparsity, seconds and where they went, energy where it was counted.

Usage: whole_run.py SECTION RUN [--non-zero COUNT] [--seconds MOST] [--so-far]
RUN is the run's folder within the section's, and the name of the result. What is asked beyond that it learns: so many parameters
that are not zero, and at most so many seconds. Of a run that was stopped on the way it is told how far it came, and nothing asked.
"""

import argparse
import json
import os

import report

LAST = 10
PARTS = ["train", "encode", "decode", "evaluate"]


def energy(pieces):
    """Of the run and of what it had to do again after it was stopped."""
    missing = [piece["why"] for piece in pieces if piece["joules"] is None]
    if missing:
        return ["energy=none", "why=%s" % missing[0]]
    joules = sum(piece["joules"] for piece in pieces)
    return ["joules=%.0f" % joules, "watts=%.0f" % (joules / sum(piece["seconds"] for piece in pieces))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("section")
    parser.add_argument("run")
    parser.add_argument("--non-zero", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--so-far", action="store_true")
    wanted = parser.parse_args()
    os.environ["CHECK_SECTION"] = wanted.section
    folder = os.path.join(os.environ["CHECK_OUT"], wanted.section)
    rounds = report.read(os.path.join(folder, wanted.run, "metrics.jsonl"))
    name = wanted.run + (", stopped after round %d" % len(rounds) if wanted.so_far else "")
    if not rounds or report.has(wanted.section, name):
        return
    pieces = report.read(os.path.join(folder, "pieces.jsonl"))
    with open(os.path.join(folder, wanted.run, "manifest.json")) as file:
        manifest = json.load(file)
    last = rounds[-LAST:]
    accuracy = sum(entry["accuracy"] for entry in last) / len(last)
    non_zero = rounds[-1]["nonZeroParameters"]
    seconds = sum(entry["seconds"] for entry in rounds)
    good = [
        # A model that learned nothing is at chance: a tenth.
        max(entry["accuracy"] for entry in last) > 0.2 or len(rounds) < LAST,
        wanted.non_zero in (None, non_zero),
        wanted.seconds is None or seconds <= wanted.seconds,
    ]
    numbers = [
        "rounds=%d" % len(rounds),
        "accuracy_of_last_%d=%.4f" % (len(last), accuracy),
        "non_zero=%d" % non_zero,
        "communication_millions=%d" % rounds[-1]["communicationPaperMillions"],
        "seconds=%.1f" % seconds,
        "threads=%s" % manifest.get("threads", "?"),
        "train_samples=%d" % manifest["dataset"]["train"],
    ]
    # Of all clients together, but for the evaluation.
    numbers += ["%s_s=%.2f" % (part, sum(entry[part + "Seconds"] for entry in rounds)) for part in PARTS]
    numbers += ["first_rounds_s=%.3f" % mean(rounds[:LAST]), "last_rounds_s=%.3f" % mean(last)]
    if pieces:
        numbers += ["with_start=%.1f" % sum(piece["seconds"] for piece in pieces)] + energy(pieces)
    report.add(name, "info" if wanted.so_far else "passed" if all(good) else "failed", *numbers)


def mean(rounds):
    return sum(entry["seconds"] for entry in rounds) / len(rounds)


if __name__ == "__main__":
    main()
