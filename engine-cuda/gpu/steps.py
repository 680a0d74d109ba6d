"""The section steps: training steps and inference of whole models through Gossamer beside PyTorch on the same GPU.

Two processes take turns: `benchmarks serve`, and PyTorch as the benchmarks' own peer drives it (pytorch_peer.py, from their
jar). Both have the same model, weights and batch, and first compare the losses that they get with f32. Then each is timed by the
wall clock: a queue of steps and one wait for its end, medians of rounds in turn. PyTorch multiplies the zeros of a sparse model;
its batch lies ready in f32, ours is taken from bytes in each step. cuDNN may try its algorithms first. Images lie in both of
PyTorch's layouts; a mode counts in the one that is faster for the first density of a model.

Cases come in the order of their worth, each on its own: what one breaks, the next starts anew.
"""

import argparse
import array
import glob
import json
import math
import os
import shutil
import statistics
import sys
import tempfile
import time
import zipfile

import report
from processes import Child, Gossamer, Refused

SECTION = "steps"
QUEUE_SECONDS = 0.04
WARM_SECONDS = 0.6
# The first work of a process, which also waits for compilers and clocks.
FIRST_SECONDS = 2.0
START_SECONDS = 90
CASE_SECONDS = 40
COMPILE_SECONDS = 150
# Of losses; a step changes them by more.
MOST_DIFFERENCE = 2e-4
# Runs that are waited for one by one.
LATENCIES = 100

# eager f32, the whole step as one CUDA graph, eager with TF32 in products and convolutions
MODES = ["eager", "graph", "tf32"]
# Of a mode's name where images lie with their channels together; without it they lie in planes.
NHWC = "_nhwc"
DENSITIES = [1, 0.05, 0.01, 0.1]
LARGE = ("resnet18", "vgg16")

STEPS, INFERENCE, CLIENTS, COMPILED = "step", "infer", "clients", "compiled"
# Kind, model, batch, densities; of clients their number instead of a batch.
GROUPS = (
    [(STEPS, "mlp", 32, DENSITIES), (STEPS, "cnn", 32, DENSITIES), (STEPS, "resnet18", 32, DENSITIES)]
    + [(CLIENTS, "mlp", count, [0.05]) for count in (1, 2, 4, 8, 10)]
    + [(STEPS, "vgg16", 128, DENSITIES), (STEPS, "resnet18", 128, DENSITIES)]
    + [(INFERENCE, "mlp", batch, [1, 0.05]) for batch in (32, 1, 256, 1024)]
    + [(INFERENCE, "cnn", batch, [1, 0.05]) for batch in (32, 1, 256, 1024)]
    + [(COMPILED, "mlp", 32, [1]), (COMPILED, "cnn", 32, [1])]
)
QUICK_GROUPS = [(STEPS, "mlp", 32, [1, 0.05]), (STEPS, "cnn", 32, [0.05]), (INFERENCE, "mlp", 32, [0.05])]
REHEARSAL_GROUPS = [
    (STEPS, "mlp", 8, [1, 0.05]),
    (CLIENTS, "mlp", 2, [0.05]),
    (INFERENCE, "mlp", 1, [0.05]),
    (STEPS, "cnn", 2, [0.05]),
]


def required(kind, model, density):
    """The least ratios, by their columns."""
    if kind != STEPS:
        return {}
    if model == "mlp":
        return {"over_eager": 3, "over_graph": 1}
    if model == "cnn":
        if density == 1:
            return {"over_eager": 1}
        return {"over_eager": 3, "over_graph": 1} if density <= 0.05 else {"over_graph": 1}
    return {"over_our_dense": 1} if density <= 0.05 else {}


class PyTorch(Child):
    """The benchmarks' peer, from their jar."""

    def __init__(self, launcher, seconds):
        jars = os.path.join(os.path.dirname(os.path.dirname(launcher)), "lib", "benchmarks", "jmh-*.jar")
        with zipfile.ZipFile(next(path for path in glob.glob(jars) if "jmh-core" not in path)) as jar:
            script = jar.read("dev/gossamer/bench/pytorch_peer.py").decode()
        python = os.environ.get("GOSSAMER_PYTHON") or "python3"
        log = os.path.join(os.environ["CHECK_OUT"], SECTION, "pytorch.log")
        super().__init__("PyTorch's process", [python, "-W", "ignore", "-u", "-c", script], log)
        self.version = self.checked(self.answer(seconds))["version"]

    @staticmethod
    def checked(line):
        try:
            answer = json.loads(line)
        except ValueError:
            raise Refused("PyTorch answered '%s'" % line) from None
        if "error" in answer:
            raise Refused(answer["error"].replace("\n", " ")[:300])
        return answer

    def ask(self, seconds, **request):
        return self.checked(self.say(json.dumps(request), seconds))


class Bench:
    """Both sides, started when they are first needed, and anew after one was given up."""

    def __init__(self, launcher, rehearsal, quick):
        self.launcher = launcher
        self.device = "cpu" if rehearsal else "cuda"
        self.modes = ["eager"] if rehearsal else MODES
        self.rounds = 3 if rehearsal or quick else 7
        self.until = int(os.environ["CHECK_UNTIL"]) - 5
        self.until_now = self.until
        self.gossamer = None
        self.fresh = True
        self.torch = None
        self.missing = None
        self.contenders = {}
        self.slower = set()

    def variants(self, group):
        """The modes that a group is timed in, in both layouts as long as it is not known which is slower."""
        _, model, _ = group
        layouts = [""] if model == "mlp" else ["", NHWC]
        named = [mode + layout for mode in self.modes for layout in layouts]
        return [variant for variant in named if (group, variant) not in self.slower]

    def allow(self, seconds):
        """For what comes next, as far as the section has it."""
        self.until_now = min(self.until, time.time() + seconds)

    def left(self):
        return self.until_now - time.time()

    def ours(self):
        """Gossamer's process."""
        if self.gossamer is None:
            self.allow(START_SECONDS)
            self.fresh = True
            self.gossamer = Gossamer(self.launcher, SECTION)
            device = " ".join(self.gossamer.ask("device", seconds=self.left()))
            if not report.has(SECTION, "Gossamer"):
                report.add("Gossamer", "info", "device=" + device)
        return self.gossamer

    def give_up_ours(self):
        if self.gossamer is not None:
            self.gossamer.kill()
            self.gossamer = None

    def theirs(self):
        """PyTorch's process; none where there is no PyTorch."""
        if self.torch is None and self.missing is None:
            self.allow(START_SECONDS)
            try:
                self.torch = PyTorch(self.launcher, self.left())
                if not report.has(SECTION, "PyTorch"):
                    report.add("PyTorch", "info", "version=" + self.torch.version)
            except (Refused, OSError, StopIteration) as e:
                if report.has(SECTION, "PyTorch") and time.time() < self.until:
                    raise  # it was there before
                self.missing = str(e) or "its script is not in the archive"
                if time.time() < self.until:
                    report.add("PyTorch", "skipped", "why=" + self.missing)
        return self.torch

    def give_up_theirs(self):
        if self.torch is not None:
            self.torch.kill()
            self.torch = None
        self.contenders = {}

    def open_contenders(self, group, request, refused):
        """PyTorch's model in each mode but those that were refused, whose reasons are noted."""
        while self.theirs() is not None:
            self.allow(START_SECONDS)
            variants = self.variants(group)
            lacking = [each for each in variants if each not in refused and (group, each) not in self.contenders]
            if not lacking:
                return
            mode, layout = lacking[0].removesuffix(NHWC), "nhwc" if lacking[0].endswith(NHWC) else "nchw"
            try:
                answer = self.torch.ask(self.left(), **request, device=self.device, mode=mode, layout=layout)
                self.contenders[group, lacking[0]] = answer["id"]
            except Refused as e:
                # After an error of the device nothing else would work in that process.
                refused[lacking[0]] = str(e)
                self.give_up_theirs()

    def keep_faster(self, group, times):
        """Drops each mode's slower layout."""
        for mode in self.modes:
            slower = times.slower(mode)
            if slower is None:
                continue
            self.slower.add((group, slower))
            self.close_contender((group, slower))

    def close_contenders(self):
        """A group's memory is not for the next one's."""
        for key in list(self.contenders):
            self.close_contender(key)

    def close_contender(self, key):
        """One that went with PyTorch's process is closed already."""
        if key in self.contenders:
            try:
                self.torch.ask(30, do="close", id=self.contenders.pop(key))
            except Refused:
                self.give_up_theirs()

    def warm_ours(self):
        """How many repetitions fill a queue."""
        seconds = FIRST_SECONDS if self.fresh else WARM_SECONDS
        self.fresh = False
        return warmed(lambda repetitions: self.run_ours(repetitions)[0], seconds)

    def run_ours(self, repetitions):
        return self.gossamer.seconds(repetitions, self.left())

    def wait_for_ours(self, repetitions):
        return int(self.gossamer.ask("waits", repetitions, seconds=self.left())[0]) / 1e9

    def run_theirs(self, key, repetitions, waits=False):
        request = {"do": "run", "id": self.contenders[key], "runs": repetitions, "threads": 1, "waits": waits}
        answer = self.torch.ask(self.left(), **request)
        return answer["nanos"] / 1e9 * repetitions

    def losses(self, key, opened, folder):
        """PyTorch's, with the parameters of the request at first."""
        path = os.path.join(folder, "losses")
        parameters = opened["files"]["parameters"]
        self.torch.ask(self.left(), do="result", id=self.contenders[key], file=path, parameters=parameters)
        numbers = array.array("f")
        with open(path, "rb") as file:
            numbers.frombytes(file.read())
        return list(numbers)

    def close(self):
        for process in (self.gossamer, self.torch):
            if process is not None:
                process.close()


def describe(kind, model, size, density):
    if kind == CLIENTS:
        return "clients %d: %s b32 density %g" % (size, model, density)
    return "%s %s b%d density %g" % (kind, model, size, density)


def warmed(run, seconds):
    """Runs queues for so long; the answer is how many fill one."""
    spent, repetitions = 0, 1
    while spent < seconds:
        took = run(repetitions)
        spent += took
        repetitions = max(1, min(2000, int(QUEUE_SECONDS * repetitions / max(took, 1e-7))))
    return repetitions


def difference(ours, theirs):
    """The largest of the losses', relative; NaN if there is one."""
    differences = [abs(x - y) / max(abs(y), 1e-30) for x, y in zip(ours, theirs)]
    return math.nan if any(math.isnan(d) for d in differences) or len(ours) != len(theirs) else max(differences)


class Times:
    """Of a case, in microseconds."""

    def __init__(self):
        self.all = {}

    def add(self, name, seconds):
        self.all.setdefault(name, []).append(seconds * 1e6)

    def median(self, name):
        return statistics.median(self.all[name]) if name in self.all else None

    def slower(self, mode):
        """The name of a mode's slower layout; none if only one was timed."""
        names = [name for name in (mode, mode + NHWC) if name in self.all]
        return max(names, key=self.median) if len(names) == 2 else None

    def faster(self, mode):
        """The name of a mode's faster layout; none if none was timed."""
        return min((name for name in (mode, mode + NHWC) if name in self.all), key=self.median, default=None)


def in_turn(bench, group, times, refused):
    """Rounds of a queue of ours and one of each of PyTorch's modes, as many as there is time for."""

    def theirs(mode):
        return lambda repetitions: bench.run_theirs((group, mode), repetitions)

    queue = bench.warm_ours()
    queues = {}
    for mode in bench.variants(group):
        if (group, mode) in bench.contenders:
            attempt(bench, refused, mode, lambda: queues.update({mode: warmed(theirs(mode), WARM_SECONDS / 2)}))
    for number in range(bench.rounds):
        if number > 0 and bench.left() < 5:
            break
        wall, enqueued = bench.run_ours(queue)
        times.add("ours", wall / queue)
        times.add("enqueue", enqueued / queue)
        for mode in list(queues):
            if (group, mode) in bench.contenders:
                runs = queues[mode]
                attempt(bench, refused, mode, lambda: times.add(mode, theirs(mode)(runs) / runs))
    bench.keep_faster(group, times)
    if group[0] == INFERENCE:
        latencies(bench, group, times, refused)


def latencies(bench, group, times, refused):
    """Of single batches, in turn again."""

    def one(mode):
        return bench.run_theirs((group, mode), LATENCIES, waits=True) / LATENCIES

    for _ in range(3):
        times.add("ours_latency", bench.wait_for_ours(LATENCIES) / LATENCIES)
        for mode in bench.variants(group):
            if (group, mode) in bench.contenders:
                attempt(bench, refused, mode, lambda: times.add(mode + "_latency", one(mode)))


def attempt(bench, refused, mode, call):
    """What fails on PyTorch's side takes that side away, and nothing of ours. The answer; none where it failed."""
    try:
        return call()
    except Refused as e:
        refused[mode] = str(e)
        bench.give_up_theirs()
        return None


def our_dense(kind, model, batch):
    """What the dense model was measured at, in this run or an earlier part of it."""
    name = describe(kind, model, batch, 1)
    for entry in report.read(report.results_file(SECTION)):
        if entry["name"] == name and "ours_us" in entry:
            return entry["ours_us"]
    return None


def compare(bench, kind, model, batch, density, refused):
    """One case: the same losses, then times in turn."""
    group = (kind, model, batch)
    gossamer = bench.ours()
    bench.allow(CASE_SECONDS)
    ours = [float(word) for word in gossamer.ask("open", kind, model, batch, density, seconds=bench.left())]
    folder = tempfile.mkdtemp(prefix="gossamer-steps-")
    apart = None
    try:
        gossamer.ask("describe", folder, seconds=bench.left())
        with open(os.path.join(folder, "request.json")) as file:
            request = json.load(file)
        bench.open_contenders(group, request, refused)
        eager = next((each for each in ("eager", "eager" + NHWC) if (group, each) in bench.contenders), None)
        if eager is not None:
            theirs = attempt(bench, refused, eager, lambda: bench.losses((group, eager), request, folder))
            apart = None if theirs is None else difference(ours, theirs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bench.allow(CASE_SECONDS)
    times = Times()
    in_turn(bench, group, times, refused)
    judge(kind, model, batch, density, times, apart, refused)


def judge(kind, model, batch, density, times, apart, refused):
    ours = times.median("ours")
    fastest = {mode: times.faster(mode) for mode in MODES if times.faster(mode)}
    ratios = {"over_" + mode: times.median(name) / ours for mode, name in fastest.items()}
    dense = our_dense(kind, model, batch)
    if density < 1 and dense:
        ratios["over_our_dense"] = dense / ours
    least = {} if os.environ["CHECK_REHEARSAL"] == "1" else required(kind, model, density)
    below = ["%s %g" % (name, bound) for name, bound in least.items() if name in ratios and ratios[name] < bound]
    asked = apart is not None or any(name in ratios for name in least)
    good = not below and (apart is None or apart < MOST_DIFFERENCE)
    numbers = ["ours_us=%.2f" % ours, "ours_enqueue_us=%.2f" % times.median("enqueue")]
    numbers += ["%s_us=%.2f" % (mode, times.median(name)) for mode, name in fastest.items()]
    numbers += ["%s=%.3f" % ratio for ratio in ratios.items()]
    latencies = {"ours": "ours_latency", **{mode: name + "_latency" for mode, name in fastest.items()}}
    numbers += ["%s_latency_us=%.2f" % (who, times.median(name)) for who, name in latencies.items() if name in times.all]
    if any(name.endswith(NHWC) for name in fastest.values()):
        numbers.append("channels_last=" + " ".join(mode for mode, name in fastest.items() if name.endswith(NHWC)))
    numbers += ["rounds=%d" % len(times.all["ours"])]
    if apart is not None:
        numbers.append("loss_difference=%.2e" % apart)
    if below:
        numbers.append("required=" + ", ".join(below))
    numbers += ["%s_why=%s" % item for item in refused.items()]
    report.add(describe(kind, model, batch, density), ("passed" if good else "failed") if asked else "info", *numbers)


def clients(bench, model, count, density):
    """Steps per second of so many clients together."""
    gossamer = bench.ours()
    bench.allow(CASE_SECONDS)
    gossamer.ask("open", "clients", count, model, 32, density, seconds=bench.left())

    def run(repetitions):
        return bench.run_ours(repetitions)[0]

    # Several epochs, so that the start of threads is a small part.
    queue = 5 * bench.warm_ours()
    rates = [count * queue / run(queue) for _ in range(bench.rounds)]
    numbers = ["steps_per_s=%.0f" % statistics.median(rates)]
    one = [
        entry["steps_per_s"]
        for entry in report.read(report.results_file(SECTION))
        if entry["name"] == describe(CLIENTS, model, 1, density)
    ]
    if one and count > 1:
        numbers.append("over_one=%.3f" % (statistics.median(rates) / one[0]))
    report.add(describe(CLIENTS, model, count, density), "info", *numbers)


def compiled(bench, model, batch):
    """PyTorch's step by torch.compile, on its own: compiling takes a while, and needs a C compiler."""
    gossamer = bench.ours()
    bench.allow(CASE_SECONDS)
    gossamer.ask("open", STEPS, model, batch, 1, seconds=bench.left())
    folder = tempfile.mkdtemp(prefix="gossamer-steps-")
    try:
        gossamer.ask("describe", folder, seconds=bench.left())
        with open(os.path.join(folder, "request.json")) as file:
            request = json.load(file)
        if bench.theirs() is None:
            return
        bench.allow(COMPILE_SECONDS)
        key = (COMPILED, model, batch), COMPILED
        answer = bench.torch.ask(bench.left(), **request, device=bench.device, mode=COMPILED)
        bench.contenders[key] = answer["id"]
        queue = warmed(lambda repetitions: bench.run_theirs(key, repetitions), FIRST_SECONDS)
        times = [bench.run_theirs(key, queue) / queue * 1e6 for _ in range(bench.rounds)]
        numbers = ["compiled_us=%.2f" % statistics.median(times)]
        dense = our_dense(STEPS, model, batch)
        if dense:
            numbers.append("over_compiled=%.3f" % (statistics.median(times) / dense))
        report.add(describe(COMPILED, model, batch, 1), "info", *numbers)
    except Refused as e:
        bench.give_up_theirs()
        report.add(describe(COMPILED, model, batch, 1), "skipped", "why=%s" % e)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_group(bench, kind, model, size, densities):
    """False when time is up."""
    refused = {}
    for density in densities:
        name = describe(kind, model, size, density)
        if report.has(SECTION, name):
            continue
        if bench.until - time.time() < 3:
            return False
        try:
            if kind == CLIENTS:
                clients(bench, model, size, density)
            elif kind == COMPILED:
                compiled(bench, model, size)
            else:
                compare(bench, kind, model, size, density, refused)
        except (Refused, OSError, ValueError) as e:
            # A case that the section's end cut off is still to be done.
            if time.time() >= bench.until:
                return False
            report.add(name, "failed", "why=%s" % e)
            bench.give_up_ours()
    bench.close_contenders()
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--java", required=True, help="the archive's bin/benchmarks")
    launcher = parser.parse_args().java
    os.environ["CHECK_SECTION"] = SECTION
    rehearsal = os.environ["CHECK_REHEARSAL"] == "1"
    quick = os.environ["CHECK_QUICK"] == "1"
    bench = Bench(launcher, rehearsal, quick)
    try:
        for group in REHEARSAL_GROUPS if rehearsal else QUICK_GROUPS if quick else GROUPS:
            if not run_group(bench, *group):
                print("time is up: run it again, it goes on with the rest", flush=True)
                sys.exit(1)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
