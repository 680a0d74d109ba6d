"""The section ops: calls of cuSPARSE and cuBLAS from Python beside the same calls through Gossamer's public API.

Gossamer runs in a process of its own (`benchmarks serve`), which takes commands line by line. For each case it makes the
operands, hands them over in files and answers once; here the same library, that process's very file, is called through ctypes
with the same operands, layout, algorithm and preprocessing, and the answers are compared. Then both are timed in turns: a
queue of calls and a wait for its end, by the wall clock on both sides; CUDA events around the same queue are printed beside.
"""

import argparse
import os
import shutil
import statistics
import tempfile

import report
from processes import Gossamer, Refused
from vendor import SPMM_CSR_ALG2, SPMM_CSR_ALG3, largest_difference, open_vendor

SECTION = "ops"
REQUIRED_RATIO = 0.97
FROM_MICROS = 100.0
MOST_DIFFERENCE = 1e-4
QUEUE_SECONDS = 0.04

# Kind, size of the sparse (or left) matrix, density, columns. The densities are below that from which Gossamer stores a
# matrix with its zeros.
CASES = [
    ("spmm", 2048, 2048, 0.08, 1024),
    ("spmm", 4096, 4096, 0.05, 1024),
    ("spmm", 4096, 4096, 0.02, 1024),
    ("spmm", 8192, 8192, 0.01, 1024),
    ("spmm", 128, 784, 0.05, 32),
    ("sddmm", 2048, 2048, 0.08, 1024),
    ("sddmm", 4096, 4096, 0.05, 1024),
    ("sddmm", 8192, 8192, 0.01, 1024),
    ("sddmm", 128, 784, 0.05, 32),
    ("gemm", 2048, 2048, 1, 2048),
    ("gemm", 4096, 4096, 1, 4096),
    ("gemm", 1024, 4096, 1, 2048),
    ("gemm", 128, 784, 1, 32),
]
QUICK_CASES = [("spmm", 2048, 2048, 0.08, 1024), ("gemm", 2048, 2048, 1, 2048)]
REHEARSAL_CASES = [("spmm", 128, 784, 0.05, 32), ("sddmm", 128, 784, 0.05, 32), ("gemm", 128, 784, 1, 32)]


def describe(kind, rows, cols, density, columns):
    if kind == "gemm":
        return "gemm %dx%d times %dx%d" % (rows, cols, cols, columns)
    return "%s %dx%d density %g, %d columns" % (kind, rows, cols, density, columns)


def open_case(gossamer, case, folder):
    kind, rows, cols, density, columns = case
    shape = "%dx%d" % (rows, cols)
    words = ("open", kind, shape, columns, folder) if kind == "gemm" else ("open", kind, shape, density, columns, folder)
    return int(gossamer.ask(*words)[0])


def spmm_algorithm(gossamer):
    """The one that Gossamer calls; a backend without cuSPARSE, in a rehearsal, names none."""
    try:
        return int(float(gossamer.ask("tuning", "spmm.algorithm")[0]))
    except Refused:
        return SPMM_CSR_ALG3


def vendor_call(vendor, case, nnz, folder, algorithm=None):
    """The same call of the vendor's library, with the operands in the folder; and its answer's place and size."""
    kind, rows, cols, density, columns = case
    device = vendor.device

    names = {"gemm": ("a", "b"), "spmm": ("values", "b"), "sddmm": ("a", "b")}[kind]
    first, second = (device.upload(os.path.join(folder, name)) for name in names)
    pattern = None if kind == "gemm" else vendor.pattern(folder)
    size = 4 * (nnz if kind == "sddmm" else rows * columns)
    out = device.memory(size)
    device.clear(out, size)
    device.settle()  # the preparation of sparse products reads what was uploaded
    if kind == "gemm":
        call = vendor.sgemm(rows, cols, columns, first, second, out)
    elif kind == "sddmm":
        pair = vendor.matrix(rows, columns, first), vendor.matrix(cols, columns, second)
        (call,) = vendor.sddmm_calls([pair], vendor.csr(rows, cols, nnz, pattern, out))
    else:
        a = vendor.csr(rows, cols, nnz, pattern, first)
        b, c = vendor.matrix(cols, columns, second), vendor.matrix(rows, columns, out)
        (call,) = vendor.spmm_calls(a, [b], c, vendor.spmm_algorithm if algorithm is None else algorithm)
    device.settle()
    return call, out, size


def price_of_determinism(vendor, case, nnz, folder, repetitions, deterministic):
    """The algorithm for row-major operands that may change bits from run to run, beside the one that is called."""
    call, _, _ = vendor_call(vendor, case, nnz, folder, SPMM_CSR_ALG2)
    vendor.device.seconds(call, repetitions)
    wall = vendor.device.seconds(call, repetitions)[0] / repetitions * 1e6
    report.add(
        describe(*case) + ", CSR_ALG2 of cuSPARSE",
        "info",
        "vendor_us=%.2f" % wall,
        "over_the_one_called=%.4f" % (wall / deterministic),
    )


def compare(gossamer, vendor, case, rounds):
    folder = tempfile.mkdtemp(prefix="gossamer-ops-")
    try:
        nnz = open_case(gossamer, case, folder)
        if vendor is None:
            seconds = min(gossamer.seconds(10)[0] / 10 for _ in range(rounds))
            report.add(describe(*case), "info", "ours_us=%.2f" % (seconds * 1e6), "vendor=not on this machine")
            return
        device = vendor.device
        call, out, size = vendor_call(vendor, case, nnz, folder)
        call()
        device.sync()
        with open(os.path.join(folder, "c"), "rb") as file:
            difference = largest_difference(file.read(), device.download(out, size))
        once = max(gossamer.seconds(20)[0], device.seconds(call, 20)[0]) / 20
        repetitions = max(5, min(5000, int(QUEUE_SECONDS / once)))
        gossamer.seconds(repetitions)
        device.seconds(call, repetitions)
        ours, theirs, events = [], [], []
        for _ in range(rounds):
            ours.append(gossamer.seconds(repetitions)[0] / repetitions * 1e6)
            wall, _, by_events = device.seconds(call, repetitions)
            theirs.append(wall / repetitions * 1e6)
            events.append(by_events / repetitions * 1e6)
        judge(case, statistics.median(ours), statistics.median(theirs), statistics.median(events), difference)
        if case[0] == "spmm":
            price_of_determinism(vendor, case, nnz, folder, repetitions, statistics.median(theirs))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if vendor is not None:
            vendor.free()


def judge(case, ours, theirs, events, difference):
    ratio = theirs / ours
    small = theirs < FROM_MICROS or os.environ["CHECK_REHEARSAL"] == "1"
    good = difference < MOST_DIFFERENCE and (small or ratio >= REQUIRED_RATIO)
    report.add(
        describe(*case),
        "failed" if not good else "info" if small else "passed",
        "ours_us=%.2f" % ours,
        "vendor_us=%.2f" % theirs,
        "vendor_events_us=%.2f" % events,
        "ratio=%.4f" % ratio,
        "difference=%.2e" % difference,
    )


def launch_overhead(gossamer, vendor, rounds):
    """Time per call of a kernel that has next to nothing to do, in a long queue."""
    for name, words in [("axpy of 32 numbers", ("axpy", 32)), ("relu of 32 numbers", ("relu", 32))]:
        if not report.has(SECTION, "launch: " + name):
            gossamer.ask("open", *words)
            tell_overhead(name, gossamer, None, rounds)
    for case in [("spmm", 16, 16, 0.05, 16), ("gemm", 16, 16, 1, 16)]:
        name = describe(*case)
        if not report.has(SECTION, "launch: " + name):
            folder = tempfile.mkdtemp(prefix="gossamer-ops-")
            try:
                nnz = open_case(gossamer, case, folder)
                call = None
                if vendor is not None:
                    call, _, _ = vendor_call(vendor, case, nnz, folder)
                tell_overhead(name, gossamer, call and (lambda count: vendor.device.seconds(call, count)), rounds)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                if vendor is not None:
                    vendor.free()


def tell_overhead(name, gossamer, vendor_seconds, rounds, count=2000):
    gossamer.seconds(count * 5)
    ours = [gossamer.seconds(count) for _ in range(rounds)]
    numbers = [
        "us_per_op=%.3f" % (statistics.median(total for total, _ in ours) / count * 1e6),
        "us_to_enqueue=%.3f" % (statistics.median(enqueued for _, enqueued in ours) / count * 1e6),
    ]
    if vendor_seconds:
        vendor_seconds(count)
        theirs = [vendor_seconds(count)[0] for _ in range(rounds)]
        numbers.append("python_us_per_op=%.3f" % (statistics.median(theirs) / count * 1e6))
    report.add("launch: " + name, "info", *numbers)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--java", required=True, help="the archive's bin/benchmarks")
    launcher = parser.parse_args().java
    os.environ["CHECK_SECTION"] = SECTION
    rehearsal = os.environ["CHECK_REHEARSAL"] == "1"
    quick = os.environ["CHECK_QUICK"] == "1"
    rounds = 3 if quick or rehearsal else 9
    gossamer = Gossamer(launcher, SECTION)
    try:
        print("Gossamer on", " ".join(gossamer.ask("device")), flush=True)
        vendor = None
        try:
            vendor = open_vendor(gossamer, SECTION)
            vendor.spmm_algorithm = spmm_algorithm(gossamer)
        except Refused as e:
            if not report.has(SECTION, "vendor's side"):
                report.add("vendor's side", "skipped" if rehearsal else "failed", "why=%s" % e)
            if not rehearsal:
                return
        for case in REHEARSAL_CASES if rehearsal else QUICK_CASES if quick else CASES:
            if not report.has(SECTION, describe(*case)):
                compare(gossamer, vendor, case, rounds)
        launch_overhead(gossamer, vendor, rounds)
    except Refused as e:
        report.add("ops", "failed", "why=%s" % e)
    finally:
        gossamer.close()


if __name__ == "__main__":
    main()
