"""What the run of the section cifar10 came to: accuracy, sparsity, seconds, energy."""

import json
import os

import report

FOLDER = os.path.join(os.environ["CHECK_OUT"], "cifar10")
LAST = 10


def energy(pieces):
    """Of the run and of what it had to do again after it was stopped."""
    missing = [piece["why"] for piece in pieces if piece["joules"] is None]
    if missing:
        return ["energy=none", "why=%s" % missing[0]]
    joules = sum(piece["joules"] for piece in pieces)
    return ["joules=%.0f" % joules, "watts=%.0f" % (joules / sum(piece["seconds"] for piece in pieces))]


def main():
    os.environ["CHECK_SECTION"] = "cifar10"
    rounds = report.read(os.path.join(FOLDER, "run", "metrics.jsonl"))
    pieces = report.read(os.path.join(FOLDER, "pieces.jsonl"))
    with open(os.path.join(FOLDER, "run", "manifest.json")) as file:
        manifest = json.load(file)
    if report.has("cifar10", "run"):
        return
    last = rounds[-LAST:]
    # A model that learned nothing is at chance: a tenth.
    good = max(entry["accuracy"] for entry in last) > 0.2 or len(rounds) < LAST
    report.add(
        "run",
        "passed" if good else "failed",
        "rounds=%d" % len(rounds),
        "accuracy_of_last_%d=%.4f" % (len(last), sum(entry["accuracy"] for entry in last) / len(last)),
        "non_zero=%d" % rounds[-1]["nonZeroParameters"],
        "seconds=%.1f" % sum(entry["seconds"] for entry in rounds),
        "with_start=%.1f" % sum(piece["seconds"] for piece in pieces),
        "train_samples=%d" % manifest["dataset"]["train"],
        *energy(pieces)
    )


if __name__ == "__main__":
    main()
