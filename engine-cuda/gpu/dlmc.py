"""The section dlmc: SpMM and SDDMM on the Deep Learning Matrix Collection beside the best of cuSPARSE's algorithms.

Small products take less time than it takes to call them. Both sides therefore launch CUDA graphs of the same number of calls:
Gossamer records a step (`benchmarks serve`), cuSPARSE's calls are captured here, with the operands that Gossamer's process left
in files, and their rows as far apart as on its side. The calls of a graph take several copies of the dense operands in turn, so that these come from as far away as in a
model. Answers are compared; each of the vendor's algorithms runs once, and the fastest few are timed in turns with ours: queues
of launches with one wait at the end, by the wall clock. Dense cuBLAS, in f32 and with TF32, is timed once for each shape.

Cases come in an order that says nothing about them, so that those that were reached are a fair sample of all.
"""

import argparse
import csv
import gzip
import hashlib
import math
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from typing import NamedTuple

import report
from processes import Gossamer, Refused
from vendor import DEFAULT_MATH, TF32_MATH, largest_difference, open_vendor

SECTION = "dlmc"
SPMM, SDDMM = "spmm", "sddmm"
COLUMNS = [32, 128, 256, 1024]
# Of the geometric means over the scope, and of the least ratio of all.
REQUIRED = {SPMM: 1.3, SDDMM: 1.5}
GOALS = {SPMM: 1.5, SDDMM: 2.0}
LEAST_RATIO = 0.95
SCOPE_SPARSITIES, SCOPE_COLUMNS = (0.80, 0.98), (32, 1024)

MOST_DIFFERENCE = 1e-4
SAMPLES = 20_000
ROUNDS = 5
QUEUE_SECONDS = 0.01
TRIAL_SECONDS = 0.003
# Algorithms that a trial finds so much slower than the fastest are not timed further.
NEAR = 1.15
MOST_FAILURES = 3
# Kept for the end of a case that was begun in time, and for the summary.
RESERVED_SECONDS = 20
OPEN_SECONDS = 60

FEWEST_CALLS, MOST_CALLS, GRAPH_MICROS = 4, 24, 60
MOST_COPIES, FAR_BYTES = 8, 64 << 20
# Rough speeds, which only decide how many calls a graph has: bytes of sparse products that are fetched, operations of dense ones.
SPARSE_BYTES_PER_MICRO, DENSE_FLOPS_PER_MICRO, LEAST_MICROS = 10e6, 30e6, 2.0

SPMM_ALGORITHMS = {"default": 0, "csr_alg1": 4, "csr_alg2": 6, "csr_alg3": 12}
SPMV_ALGORITHMS = {"spmv_default": 0, "spmv_csr_alg1": 2, "spmv_csr_alg2": 3}

MULTIPROCESSORS, CLOCK_KHZ = 16, 13
L1_BYTES_PER_CLOCK = 128
CUBLAS_WORKSPACE = 32 << 20


class Matrix(NamedTuple):
    """One of the index; its path is below dlmc/ and without the ending."""

    path: str
    rows: int
    cols: int
    nnz: int
    own_columns: int

    @property
    def sparsity(self):
        """The true one, to a whole per cent."""
        return round(1 - self.nnz / (self.rows * self.cols), 2)


class Case(NamedTuple):
    kind: str
    matrix: Matrix
    columns: int

    def name(self):
        return "%s %s, %d columns" % (self.kind, self.matrix.path, self.columns)

    def dense_name(self):
        return "dense for %s %dx%d, %d columns" % (self.kind, self.matrix.rows, self.matrix.cols, self.columns)

    def operand_bytes(self):
        """Of the dense operands."""
        matrix = self.matrix
        return 4 * self.columns * (matrix.cols if self.kind == SPMM else matrix.rows + matrix.cols)

    def stride(self):
        """Numbers from row to row of the dense operands, as the engine lays them out: rows of more than four begin on 32 bytes."""
        return self.columns if self.columns <= 4 else (self.columns + 7) // 8 * 8

    def fetched_bytes(self):
        """Of the dense operand, through L1: a number of it for each product of two numbers."""
        return 4 * self.matrix.nnz * self.columns

    def in_scope(self):
        return (
            SCOPE_SPARSITIES[0] <= self.matrix.sparsity <= SCOPE_SPARSITIES[1]
            and SCOPE_COLUMNS[0] <= self.columns <= SCOPE_COLUMNS[1]
        )


# ---- what is timed


def matrices(data):
    folder = os.path.join(data, "dlmc")
    with open(os.path.join(folder, "rn50_batchsizes.txt"), newline="") as file:
        own = {name: int(columns) for name, columns in csv.reader(file)}
    with open(os.path.join(folder, "index.csv"), newline="") as file:
        return [
            Matrix(
                "/".join(row[key] for key in ("model", "method", "sparsity", "name")),
                int(row["rows"]),
                int(row["cols"]),
                int(row["nnz"]),
                own[row["name"]],
            )
            for row in csv.DictReader(file)
        ]


def in_any_order(things, name):
    """Always the same one."""
    return sorted(things, key=lambda thing: hashlib.sha256(name(thing).encode()).digest())


def cases(found):
    """Both products of a matrix and a number of columns come one after the other."""
    pairs = [(matrix, columns) for matrix in found for columns in sorted({*COLUMNS, matrix.own_columns})]
    shuffled = in_any_order(pairs, lambda pair: "%s, %d" % (pair[0].path, pair[1]))
    return [Case(kind, matrix, columns) for matrix, columns in shuffled for kind in (SPMM, SDDMM)]


def make_up(data):
    """Two small matrices with an index, for rehearsals."""
    folder = os.path.join(data, "dlmc")
    lines = ["model,method,sparsity,name,rows,cols,nnz"]
    for name, rows, cols, sparsity in [("wide", 64, 147, 0.8), ("tall", 256, 64, 0.95)]:
        numbers = random.Random(name)
        kept = [sorted(numbers.sample(range(cols), round(cols * (1 - sparsity)))) for _ in range(rows)]
        starts = [sum(len(row) for row in kept[:end]) for end in range(rows + 1)]
        path = os.path.join(folder, "rehearsal", "made_up", str(sparsity), name + ".smtx.gz")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with gzip.open(path, "wt") as file:
            print("%d, %d, %d" % (rows, cols, starts[-1]), file=file)
            print(*starts, file=file)
            print(*(col for row in kept for col in row), file=file)
        lines.append("rehearsal,made_up,%s,%s,%d,%d,%d" % (sparsity, name, rows, cols, starts[-1]))
    with open(os.path.join(folder, "index.csv"), "w") as file:
        print(*lines, sep="\n", file=file)
    with open(os.path.join(folder, "rn50_batchsizes.txt"), "w") as file:
        print("wide,1", "tall,49", sep="\n", file=file)


def graph_of(micros, operand_bytes):
    """How many calls it has, and how many copies of the dense operands, each of which as many calls take."""
    copies = max(1, min(MOST_COPIES, math.ceil(FAR_BYTES / operand_bytes)))
    wanted = max(FEWEST_CALLS, min(MOST_CALLS, GRAPH_MICROS / max(micros, LEAST_MICROS)))
    return copies * max(math.ceil(FEWEST_CALLS / copies), min(MOST_CALLS // copies, round(wanted / copies))), copies


# ---- the vendor's side


class Graph:
    """So many calls in a graph, which launches them."""

    def __init__(self, device, calls, count):
        self.calls = count
        self.device = device
        # Whatever the library makes at its first call.
        for call in calls:
            call()
        device.sync()
        self.launch = device.captured([calls[i % len(calls)] for i in range(count)])

    def micros(self, launches):
        return self.device.seconds(self.launch, launches)[0] / launches / self.calls * 1e6


class Ours:
    """The step that is open in Gossamer's process."""

    def __init__(self, gossamer, count):
        self.gossamer = gossamer
        self.calls = count

    def micros(self, launches):
        return self.gossamer.seconds(launches)[0] / launches / self.calls * 1e6


def launches(side, micros, seconds):
    """So many as take so long."""
    return max(2, min(5000, round(seconds * 1e6 / (micros * side.calls))))


def trial(side):
    """About how long a call takes, when all is warm."""
    return side.micros(launches(side, side.micros(2), TRIAL_SECONDS))


class Operands:
    """The dense and sparse operands of a case on the vendor's side, with an answer that every algorithm writes."""

    def __init__(self, vendor, case, nnz, copies, folder):
        self.vendor = vendor
        self.case = case
        self.nnz = nnz
        device, matrix, columns = vendor.device, case.matrix, case.columns
        self.rows, self.cols, self.columns, self.stride = matrix.rows, matrix.cols, columns, case.stride()
        self.pattern = vendor.pattern(folder)
        names = ["b"] if case.kind == SPMM else ["a", "b"]
        self.contents = {name: read(folder, name) for name in names}
        apart = [spread(self.contents[name], 4 * columns, 4 * self.stride) for name in names]
        self.copies = [[device.put(content) for content in apart] for _ in range(copies)]
        self.size = 4 * (self.rows * self.stride if case.kind == SPMM else nnz)
        self.out = device.memory(self.size)
        ours = read(folder, "c")
        self.ours = spread(ours, 4 * columns, 4 * self.stride) if case.kind == SPMM else ours
        if case.kind == SPMM:
            self.values = device.upload(os.path.join(folder, "values"))

    def algorithms(self):
        """Names and what makes the calls, one for each copy."""
        if self.case.kind == SDDMM:
            return {"default": self.sddmm}
        made = {name: lambda number=number: self.spmm(number) for name, number in SPMM_ALGORITHMS.items()}
        if self.columns == 1:
            made.update({name: lambda number=number: self.spmv(number) for name, number in SPMV_ALGORITHMS.items()})
        return made

    def csr(self, values):
        """One for each algorithm: what preprocessing finds out stays with it."""
        return self.vendor.csr(self.rows, self.cols, self.nnz, self.pattern, values)

    def spmm(self, algorithm):
        vendor = self.vendor
        bs = [vendor.matrix(self.cols, self.columns, b, self.stride) for (b,) in self.copies]
        c = vendor.matrix(self.rows, self.columns, self.out, self.stride)
        return vendor.spmm_calls(self.csr(self.values), bs, c, algorithm)

    def spmv(self, algorithm):
        vendor = self.vendor
        xs = [vendor.vector(self.cols, b) for (b,) in self.copies]
        return vendor.spmv_calls(self.csr(self.values), xs, vendor.vector(self.rows, self.out), algorithm)

    def sddmm(self):
        vendor = self.vendor
        pairs = [
            (
                vendor.matrix(self.rows, self.columns, a, self.stride),
                vendor.matrix(self.cols, self.columns, b, self.stride),
            )
            for a, b in self.copies
        ]
        return vendor.sddmm_calls(pairs, self.csr(self.out))

    def difference(self, graph):
        """Of ours from what a launch leaves."""
        device = self.vendor.device
        device.clear(self.out, self.size)
        device.settle()
        graph.launch()
        device.sync()
        return largest_difference(self.ours, device.download(self.out, self.size), SAMPLES)


def spread(content, width, pitch):
    """Rows of so many bytes, with zeros up to where the next one begins."""
    if width == pitch:
        return content
    rest = bytes(pitch - width)
    return b"".join(content[at : at + width] + rest for at in range(0, len(content), width))


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def graphs(operands, calls):
    """Of each algorithm that works, with its answer's difference from ours; and why the others do not."""
    made, why = {}, {}
    for name, prepare in operands.algorithms().items():
        try:
            graph = Graph(operands.vendor.device, prepare(), calls)
            made[name] = graph, operands.difference(graph)
        except Refused as e:
            why[name] = str(e)
    same = {name for name, (_, difference) in made.items() if difference < MOST_DIFFERENCE}
    if same:
        for name in set(made) - same:
            why[name] = "its answer is another one, by %.1e" % made.pop(name)[1]
    return made, why


def dense_micros(vendor, case, contents):
    """cuBLAS's product of the same shape without the zeros left out, in f32 and with TF32."""
    device, matrix, columns = vendor.device, case.matrix, case.columns
    flops = 2 * matrix.rows * matrix.cols * columns
    calls, copies = graph_of(flops / DENSE_FLOPS_PER_MICRO, case.operand_bytes())
    if case.kind == SPMM:
        # Numbers of the right kind, in any order.
        size = 4 * matrix.rows * matrix.cols
        a = device.put((contents["b"] * math.ceil(size / len(contents["b"])))[:size])
        c = device.memory(4 * matrix.rows * columns)
        made = [
            vendor.sgemm(matrix.rows, matrix.cols, columns, a, device.put(contents["b"]), c) for _ in range(copies)
        ]
    else:
        c = device.memory(4 * matrix.rows * matrix.cols)
        made = [
            vendor.sgemm(
                matrix.rows, columns, matrix.cols, device.put(contents["a"]), device.put(contents["b"]), c, transposed=True
            )
            for _ in range(copies)
        ]
    device.settle()
    found = {}
    for name, mode in [("sgemm", DEFAULT_MATH), ("tf32", TF32_MATH)]:
        vendor.math_mode(mode)
        try:
            graph = Graph(device, made, calls)
            once = trial(graph)
            found[name] = statistics.median(
                graph.micros(launches(graph, once, QUEUE_SECONDS / 2)) for _ in range(ROUNDS)
            )
        finally:
            vendor.math_mode(DEFAULT_MATH)
    return found


# ---- one case


class Bench:
    """Both sides. Gossamer's process is started anew when it has ended."""

    def __init__(self, start, entries, until):
        self.start = start
        self.until = until
        self.gossamer = start()
        self.vendor = None
        self.entries = {entry["name"]: entry for entry in entries}
        self.l1_bytes_per_second = None

    def open_vendor(self):
        self.vendor = open_vendor(self.gossamer, SECTION)
        self.vendor.keep_workspace(CUBLAS_WORKSPACE)
        device = self.vendor.device
        processors, hertz = device.attribute(MULTIPROCESSORS), device.attribute(CLOCK_KHZ) * 1e3
        self.l1_bytes_per_second = processors * L1_BYTES_PER_CLOCK * hertz
        if "bound" not in self.entries:
            self.add(
                "bound",
                "info",
                "multiprocessors=%d" % processors,
                "mhz=%.0f" % (hertz / 1e6),
                "l1_tb_per_s=%.2f" % (self.l1_bytes_per_second / 1e12),
            )

    def add(self, name, status, *numbers):
        self.entries[name] = report.add(name, status, *numbers)

    def run(self, case):
        if self.gossamer.process.poll() is not None:
            self.gossamer = self.start()
        calls, copies = graph_of(case.fetched_bytes() / SPARSE_BYTES_PER_MICRO, case.operand_bytes())
        folder = tempfile.mkdtemp(prefix="gossamer-dlmc-")
        seconds = min(OPEN_SECONDS, self.until + RESERVED_SECONDS / 2 - time.time())
        try:
            answer = self.gossamer.ask(
                "open", case.kind, case.matrix.path, case.columns, calls, copies, folder, seconds=seconds
            )
            ours = Ours(self.gossamer, calls)
            numbers = ["calls=%d" % calls, "copies=%d" % copies]
            how = " ".join(answer[1:])
            if "not captured" in how:
                numbers.append("ours=" + how)
            if self.vendor is None:
                self.tell_ours(case, ours, numbers)
            else:
                operands = Operands(self.vendor, case, int(answer[0]), copies, folder)
                self.vendor.device.settle()
                self.compare(ours, operands, numbers)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if self.vendor is not None:
                self.vendor.free()

    def tell_ours(self, case, ours, numbers):
        once = trial(ours)
        micros = statistics.median(ours.micros(launches(ours, once, QUEUE_SECONDS)) for _ in range(ROUNDS))
        self.add(case.name(), "info", "ours_us=%.3f" % micros, *self.rates(case, micros), *numbers)

    def compare(self, ours, operands, numbers):
        case = operands.case
        made, why = graphs(operands, ours.calls)
        once = trial(ours)
        tried = {name: trial(graph) for name, (graph, _) in made.items()}
        near = [name for name in tried if tried[name] <= NEAR * min(tried.values())]
        mine, theirs = [], {name: [] for name in near}
        for _ in range(ROUNDS):
            mine.append(ours.micros(launches(ours, once, QUEUE_SECONDS)))
            for name in near:
                graph = made[name][0]
                theirs[name].append(graph.micros(launches(graph, tried[name], QUEUE_SECONDS)))
        micros = statistics.median(mine)
        tried.update({name: statistics.median(times) for name, times in theirs.items()})
        said = ["ours_us=%.3f" % micros]
        status = "info"
        if near:
            best = min(near, key=lambda name: tried[name])
            difference = made[best][1]
            status = "info" if difference < MOST_DIFFERENCE else "failed"
            said += ["vendor_us=%.3f" % tried[best], "best=" + best, "ratio=%.4f" % (tried[best] / micros)]
            said += ["difference=%.2e" % difference]
        said += self.rates(case, micros)
        said += ["over_%s=%.4f" % (name, dense / micros) for name, dense in self.dense(case, operands).items()]
        said += ["%s_us=%.3f" % item for item in tried.items() if len(tried) > 1]
        said += ["%s_why=%s" % item for item in why.items()]
        self.add(case.name(), status, *said, *numbers)

    def rates(self, case, micros):
        fetched = case.fetched_bytes() / (micros / 1e6)
        said = ["gflop_per_s=%.1f" % (case.fetched_bytes() / 2 / micros / 1e3), "l1_tb_per_s=%.3f" % (fetched / 1e12)]
        if self.l1_bytes_per_second:
            said.append("of_bound=%.3f" % (fetched / self.l1_bytes_per_second))
        return said

    def dense(self, case, operands):
        """Microseconds, measured once for a shape."""
        name = case.dense_name()
        if name not in self.entries:
            try:
                found = dense_micros(self.vendor, case, operands.contents)
                self.add(name, "info", *["%s_us=%.3f" % item for item in found.items()])
            except Refused as e:
                self.add(name, "info", "why=%s" % e)
        entry = self.entries[name]
        return {mode: entry[mode + "_us"] for mode in ("sgemm", "tf32") if mode + "_us" in entry}


# ---- the summary


def geomean(ratios):
    return math.exp(statistics.fmean(math.log(ratio) for ratio in ratios)) if ratios else math.nan


def ahead_from(means):
    """The lowest sparsity from which on the mean is above one at every higher one, of means by sparsity."""
    lowest = "none"
    for sparsity in sorted(means, reverse=True):
        if not means[sparsity] > 1:
            break
        lowest = "%.2f" % sparsity
    return lowest


def by_sparsity(ran, key):
    found = {}
    for case, entry in ran:
        if key in entry:
            found.setdefault(case.matrix.sparsity, []).append(entry[key])
    return {sparsity: geomean(ratios) for sparsity, ratios in sorted(found.items())}


def print_table(kind, ran):
    """Geometric means of ratios: over cuSPARSE's best by columns, then over dense products."""
    print("%s, times as fast as the best of cuSPARSE by columns (own: the layer's), and as dense cuBLAS" % kind)
    heads = [*COLUMNS, "own", "all", "worst", "sgemm", "TF32"]
    print("sparsity", *["%7s" % head for head in heads])
    sgemm, tf32 = by_sparsity(ran, "over_sgemm"), by_sparsity(ran, "over_tf32")
    for sparsity, mean in by_sparsity(ran, "ratio").items():
        here = [(case, entry["ratio"]) for case, entry in ran if case.matrix.sparsity == sparsity]
        cells = [geomean([ratio for case, ratio in here if case.columns == columns]) for columns in COLUMNS]
        cells += [geomean([ratio for case, ratio in here if case.columns == case.matrix.own_columns])]
        cells += [mean, min(ratio for _, ratio in here)]
        cells += [sgemm.get(sparsity, math.nan), tf32.get(sparsity, math.nan)]
        print("%8.2f" % sparsity, *["%7s" % cell(value) for value in cells])
    sys.stdout.flush()


def cell(value):
    return "-" if math.isnan(value) else "%.2f" % value


def summarise(kind, all_cases, entries, judged):
    """Of the cases that have run: judged when all have."""
    mine = [case for case in all_cases if case.kind == kind]
    known = [(case, entries[case.name()]) for case in mine if case.name() in entries]
    ran = [(case, entry) for case, entry in known if "ratio" in entry]
    if not ran:
        return
    print_table(kind, ran)
    scope = [entry["ratio"] for case, entry in ran if case.in_scope()]
    worst_case, worst = min(((case, entry["ratio"]) for case, entry in ran), key=lambda pair: pair[1])
    below = sum(entry["ratio"] < LEAST_RATIO for _, entry in ran)
    mean = geomean(scope)
    status = "info"
    if judged and len(known) == len(mine):
        good = len(ran) == len(mine) and below == 0 and mean >= REQUIRED[kind]
        status = "passed" if good else "failed"
    report.add(
        "%s over the best of cuSPARSE, %d of %d cases" % (kind, len(ran), len(mine)),
        status,
        "geomean_80_to_98=%.4f" % mean,
        "cases_80_to_98=%d" % len(scope),
        "required=%g" % REQUIRED[kind],
        "goal=%g" % GOALS[kind],
        "geomean=%.4f" % geomean([entry["ratio"] for _, entry in ran]),
        "worst=%.4f" % worst,
        "worst_case=" + worst_case.name(),
        "below_%g=%d" % (LEAST_RATIO, below),
        "most_of_bound=%.3f" % max(entry.get("of_bound", 0) for _, entry in ran),
        "ahead_of_sgemm_from=" + ahead_from(by_sparsity(ran, "over_sgemm")),
        "ahead_of_tf32_from=" + ahead_from(by_sparsity(ran, "over_tf32")),
    )


def tell_answers(all_cases, entries):
    """Of all cases: how many products were compared, and are the same."""
    found = [entries[case.name()]["difference"] for case in all_cases if "difference" in entries[case.name()]]
    if found:
        good = all(difference < MOST_DIFFERENCE for difference in found)
        report.add(
            "answers",
            "passed" if good else "failed",
            "compared=%d" % len(found),
            "of=%d" % len(all_cases),
            "largest_difference=%.2e" % max(found),
        )


# ---- the section


def run_all(bench, wanted):
    """False when time is up."""
    failures = 0
    for case in wanted:
        if case.name() in bench.entries:
            continue
        if time.time() > bench.until:
            return False
        try:
            bench.run(case)
            failures = 0
        except (Refused, OSError, ValueError) as e:
            # A case that the section's end cut off is still to be done, and so is one after an error that all share.
            failures += 1
            if time.time() > bench.until or failures == MOST_FAILURES:
                print(e, flush=True)
                return False
            bench.add(case.name(), "failed", "why=%s" % e)
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--java", required=True, help="the archive's bin/benchmarks")
    launcher = parser.parse_args().java
    os.environ["CHECK_SECTION"] = SECTION
    rehearsal = os.environ["CHECK_REHEARSAL"] == "1"
    quick = os.environ["CHECK_QUICK"] == "1"
    data = os.environ["CHECK_DATA"]
    if not os.path.isfile(os.path.join(data, "dlmc", "index.csv")):
        data = os.path.join(os.environ["CHECK_OUT"], SECTION, "made-up")
        make_up(data)
    found = matrices(data)
    wanted = cases(in_any_order(found, lambda matrix: matrix.path)[:2] if quick else found)
    entries = report.read(report.results_file(SECTION))
    until = int(os.environ["CHECK_UNTIL"]) - RESERVED_SECONDS
    bench = Bench(lambda: Gossamer(launcher, SECTION, "-Dgossamer.bench.data=" + data), entries, until)
    try:
        print("Gossamer on", " ".join(bench.gossamer.ask("device")), flush=True)
        try:
            bench.open_vendor()
        except Refused as e:
            if "vendor's side" not in bench.entries:
                bench.add("vendor's side", "skipped" if rehearsal else "failed", "why=%s" % e)
            if not rehearsal:
                return
        complete = run_all(bench, wanted)
        for kind in (SPMM, SDDMM):
            summarise(kind, wanted, bench.entries, judged=not quick and not rehearsal)
        if not complete:
            print("not all of it has run: run it again, it goes on with the rest", flush=True)
            sys.exit(1)
        tell_answers(wanted, bench.entries)
    except Refused as e:
        report.add(SECTION, "failed", "why=%s" % e)
    finally:
        bench.gossamer.close()


if __name__ == "__main__":
    main()
