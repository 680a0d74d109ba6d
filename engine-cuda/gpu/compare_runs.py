"""Compares the runs of the section federated, each a run directory, and adds what it finds to the section's results."""

import json
import os

import report

FOLDER = os.path.join(os.environ["CHECK_OUT"], "federated")
LAST = 5
MOST_POINTS = 1.0


def rounds(run):
    return report.read(os.path.join(FOLDER, run, "metrics.jsonl"))


def timeless(entry):
    return {key: value for key, value in entry.items() if not key.lower().endswith("seconds")}


def accuracy(run):
    last = [entry["accuracy"] for entry in rounds(run)[-LAST:]]
    return sum(last) / len(last)


def column(run, key):
    return [entry[key] for entry in rounds(run)]


def model(run):
    with open(os.path.join(FOLDER, run, "model.safetensors"), "rb") as file:
        return file.read()


def rate(run):
    seconds = column(run, "seconds")
    return len(seconds) / sum(seconds)


def add(name, good, **numbers):
    if report.has("federated", name):
        return
    report.add(name, "passed" if good else "failed", *("%s=%s" % pair for pair in numbers.items()))


def main():
    os.environ["CHECK_SECTION"] = "federated"
    same_model = model("first") == model("second")
    add("the same model.safetensors when repeated", same_model, bytes=len(model("first")))
    same_metrics = [timeless(entry) for entry in rounds("first")] == [timeless(entry) for entry in rounds("second")]
    add("the same metrics when repeated, times apart", same_metrics, rounds=len(rounds("first")))
    for name, key in [("non-zero parameters", "nonZeroParameters"), ("communication", "communicationPaperMillions")]:
        same = column("first", key) == column("processor", key)
        add("the same %s as on cpu-vector in every round" % name, same, last=column("first", key)[-1])
    gpu, processor = accuracy("first"), accuracy("processor")
    points = abs(gpu - processor) * 100
    add(
        "accuracy within %g point of cpu-vector, mean of the last %d rounds" % (MOST_POINTS, LAST),
        points <= MOST_POINTS,
        here="%.4f" % gpu,
        cpu="%.4f" % processor,
        points="%.2f" % points,
    )
    with open(os.path.join(FOLDER, "processor", "manifest.json")) as file:
        threads = json.load(file).get("threads", "?")
    if not report.has("federated", "rounds per second"):
        report.add(
            "rounds per second",
            "info",
            "first=%.3f" % rate("first"),
            "second=%.3f" % rate("second"),
            "cpu=%.3f" % rate("processor"),
            "cpu_threads=%s" % threads,
        )


if __name__ == "__main__":
    main()
