"""The section ops: calls of cuSPARSE and cuBLAS from Python beside the same calls through Gossamer's public API.

Gossamer runs in a process of its own (`benchmarks serve`), which takes commands line by line. For each case it makes the
operands, hands them over in files and answers once; here the same library, that process's very file, is called through ctypes
with the same operands, layout, algorithm and preprocessing, and the answers are compared. Then both are timed in turns: a
queue of calls and a wait for its end, by the wall clock on both sides; CUDA events around the same queue are printed beside.
"""

import argparse
import array
import ctypes
import glob
import os
import shutil
import statistics
import sys
import tempfile
import time

import report
from processes import Gossamer, Refused

SECTION = "ops"
REQUIRED_RATIO = 0.97
FROM_MICROS = 100.0
MOST_DIFFERENCE = 1e-4
QUEUE_SECONDS = 0.04

R_32F, INDEX_32I, ROW_MAJOR = 0, 2, 2
NON_TRANSPOSE, TRANSPOSE = 0, 1
SPMM_CSR_ALG2, SPMM_CSR_ALG3, SDDMM_DEFAULT = 6, 12, 0
NON_BLOCKING = 1

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


def candidates(name):
    """Where a CUDA library may lie, beside what the loader finds by its name."""
    folders = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    folders += sorted(glob.glob("/usr/local/cuda*/lib64"), reverse=True)
    for folder in sys.path:
        folders += glob.glob(os.path.join(folder, "nvidia", "*", "lib"))
    for folder in folders:
        for version in (13, 12):
            yield os.path.join(folder, "%s.so.%d" % (name, version))
    for version in (13, 12):
        yield "%s.so.%d" % (name, version)


def load(name, preferred=None):
    tried = []
    for path in [preferred] if preferred else candidates(name):
        if os.path.isabs(path) and not os.path.exists(path):
            continue
        try:
            return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL), path
        except OSError as e:
            tried.append(str(e))
    raise Refused("no %s was found: %s" % (name, "; ".join(tried) or "nowhere"))


class Device:
    """The driver: a context, a stream, memory and events."""

    def __init__(self, ordinal):
        try:
            self.cuda = ctypes.CDLL("libcuda.so.1", mode=ctypes.RTLD_GLOBAL)
        except OSError as e:
            raise Refused("no NVIDIA driver: %s" % e)
        self.check("cuInit", 0)
        count = ctypes.c_int()
        self.check("cuDeviceGetCount", ctypes.byref(count))
        if count.value <= ordinal:
            raise Refused("no GPU %d: the driver has %d" % (ordinal, count.value))
        device = ctypes.c_int()
        self.check("cuDeviceGet", ctypes.byref(device), ordinal)
        context = ctypes.c_void_p()
        self.check("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self.check("cuCtxSetCurrent", context)
        self.stream = ctypes.c_void_p()
        self.check("cuStreamCreate", ctypes.byref(self.stream), NON_BLOCKING)
        self.events = [self.event(), self.event()]
        self.buffers = []

    def check(self, name, *arguments):
        status = getattr(self.cuda, name)(*arguments)
        if status != 0:
            raise Refused("%s returned %d" % (name, status))

    def event(self):
        event = ctypes.c_void_p()
        self.check("cuEventCreate", ctypes.byref(event), 0)
        return event

    def memory(self, size):
        address = ctypes.c_uint64()
        self.check("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(max(size, 16)))
        self.buffers.append(address)
        return ctypes.c_void_p(address.value)

    def upload(self, path):
        with open(path, "rb") as file:
            content = file.read()
        to = self.memory(len(content))
        self.check("cuMemcpyHtoD_v2", ctypes.c_uint64(to.value), content, ctypes.c_size_t(len(content)))
        return to

    def download(self, address, size):
        content = ctypes.create_string_buffer(size)
        self.check("cuMemcpyDtoH_v2", content, ctypes.c_uint64(address.value), ctypes.c_size_t(size))
        return content.raw

    def clear(self, address, size):
        self.check("cuMemsetD8_v2", ctypes.c_uint64(address.value), 0, ctypes.c_size_t(size))

    def sync(self):
        self.check("cuStreamSynchronize", self.stream)

    def free(self):
        for address in self.buffers:
            self.check("cuMemFree_v2", address)
        self.buffers = []

    def seconds(self, call, repetitions):
        """Wall clock from the first call to the end of the work; to the last call's return; and by events."""
        self.sync()
        start = time.perf_counter()
        self.check("cuEventRecord", self.events[0], self.stream)
        for _ in range(repetitions):
            call()
        self.check("cuEventRecord", self.events[1], self.stream)
        enqueued = time.perf_counter() - start
        self.sync()
        wall = time.perf_counter() - start
        millis = ctypes.c_float()
        self.check("cuEventElapsedTime", ctypes.byref(millis), *self.events)
        return wall, enqueued, millis.value / 1e3


class Vendor:
    """cuSPARSE and cuBLAS on a device's stream."""

    def __init__(self, device, sparse, dense):
        self.device = device
        self.sparse = sparse
        self.dense = dense
        self.one = ctypes.c_float(1)
        self.zero = ctypes.c_float(0)
        self.sparse_handle = ctypes.c_void_p()
        self.dense_handle = ctypes.c_void_p()
        check("cusparseCreate", sparse.cusparseCreate(ctypes.byref(self.sparse_handle)))
        check("cusparseSetStream", sparse.cusparseSetStream(self.sparse_handle, device.stream))
        check("cublasCreate", dense.cublasCreate_v2(ctypes.byref(self.dense_handle)))
        check("cublasSetStream", dense.cublasSetStream_v2(self.dense_handle, device.stream))
        check("cublasSetMathMode", dense.cublasSetMathMode(self.dense_handle, 0))

    def csr(self, rows, cols, nnz, folder, values):
        descriptor = ctypes.c_void_p()
        status = self.sparse.cusparseCreateCsr(
            ctypes.byref(descriptor),
            ctypes.c_int64(rows),
            ctypes.c_int64(cols),
            ctypes.c_int64(nnz),
            self.device.upload(os.path.join(folder, "rowptr")),
            self.device.upload(os.path.join(folder, "colidx")),
            values,
            INDEX_32I,
            INDEX_32I,
            0,
            R_32F,
        )
        check("cusparseCreateCsr", status)
        return descriptor

    def matrix(self, rows, cols, data):
        descriptor = ctypes.c_void_p()
        status = self.sparse.cusparseCreateDnMat(
            ctypes.byref(descriptor),
            ctypes.c_int64(rows),
            ctypes.c_int64(cols),
            ctypes.c_int64(cols),
            data,
            R_32F,
            ROW_MAJOR,
        )
        check("cusparseCreateDnMat", status)
        return descriptor

    def planned(self, name, arguments):
        """Buffer and preprocessing for a generic product; the answer runs it. One argument block serves every call."""
        size = ctypes.c_size_t()
        check(name, getattr(self.sparse, name + "_bufferSize")(*arguments, ctypes.byref(size)))
        buffer = self.device.memory(size.value)
        check(name, getattr(self.sparse, name + "_preprocess")(*arguments, buffer))
        run = getattr(self.sparse, name)

        def call():
            status = run(*arguments, buffer)
            if status != 0:
                check(name, status)

        return call

    def spmm(self, rows, cols, nnz, columns, folder, algorithm=None):
        device = self.device
        a = self.csr(rows, cols, nnz, folder, device.upload(os.path.join(folder, "values")))
        b = self.matrix(cols, columns, device.upload(os.path.join(folder, "b")))
        out = device.memory(4 * rows * columns)
        c = self.matrix(rows, columns, out)
        one, zero = ctypes.byref(self.one), ctypes.byref(self.zero)
        arguments = (self.sparse_handle, NON_TRANSPOSE, NON_TRANSPOSE, one, a, b, zero, c, R_32F)
        arguments += (self.spmm_algorithm if algorithm is None else algorithm,)
        return self.planned("cusparseSpMM", arguments), out, 4 * rows * columns

    def sddmm(self, rows, cols, nnz, columns, folder):
        device = self.device
        a = self.matrix(rows, columns, device.upload(os.path.join(folder, "a")))
        b = self.matrix(cols, columns, device.upload(os.path.join(folder, "b")))
        out = device.memory(4 * nnz)
        device.clear(out, 4 * nnz)
        c = self.csr(rows, cols, nnz, folder, out)
        one, zero = ctypes.byref(self.one), ctypes.byref(self.zero)
        arguments = (self.sparse_handle, NON_TRANSPOSE, TRANSPOSE, one, a, b, zero, c, R_32F, SDDMM_DEFAULT)
        return self.planned("cusparseSDDMM", arguments), out, 4 * nnz

    def gemm(self, rows, cols, nnz, columns, folder):
        """Row-major C = A·B is column-major Cᵀ = Bᵀ·Aᵀ."""
        device = self.device
        a = device.upload(os.path.join(folder, "a"))
        b = device.upload(os.path.join(folder, "b"))
        out = device.memory(4 * rows * columns)
        one, zero = ctypes.byref(self.one), ctypes.byref(self.zero)
        sgemm = self.dense.cublasSgemm_v2
        shape = (self.dense_handle, NON_TRANSPOSE, NON_TRANSPOSE, columns, rows, cols, one, b, columns, a, cols, zero, out)

        def call():
            status = sgemm(*shape, columns)
            if status != 0:
                check("cublasSgemm", status)

        return call, out, 4 * rows * columns


def check(name, status):
    if status != 0:
        raise Refused("%s returned %d" % (name, status))


def largest_difference(ours, theirs):
    """Of the two answers, relative to the largest number in them."""
    mine, other = array.array("f"), array.array("f")
    mine.frombytes(ours)
    other.frombytes(theirs)
    # A sample is enough to tell a wrong product, and plain Python is slow.
    step = max(1, len(mine) // 200_000)
    mine, other = mine[::step], other[::step]
    scale = max(max(mine), -min(mine), 1e-30)
    worst = max(abs(x - y) for x, y in zip(mine, other))
    # A NaN compares as false, so it is asked for.
    return float("nan") if any(x != x for x in mine) or any(y != y for y in other) else worst / scale


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


def price_of_determinism(vendor, case, nnz, folder, repetitions, deterministic):
    """The algorithm for row-major operands that may change bits from run to run, beside the one that is called."""
    kind, rows, cols, density, columns = case
    call, _, _ = vendor.spmm(rows, cols, nnz, columns, folder, SPMM_CSR_ALG2)
    vendor.device.seconds(call, repetitions)
    wall = vendor.device.seconds(call, repetitions)[0] / repetitions * 1e6
    report.add(
        describe(*case) + ", CSR_ALG2 of cuSPARSE",
        "info",
        "vendor_us=%.2f" % wall,
        "over_the_one_called=%.4f" % (wall / deterministic),
    )


def compare(gossamer, vendor, case, rounds):
    kind, rows, cols, density, columns = case
    folder = tempfile.mkdtemp(prefix="gossamer-ops-")
    try:
        nnz = open_case(gossamer, case, folder)
        if vendor is None:
            seconds = min(gossamer.seconds(10)[0] / 10 for _ in range(rounds))
            report.add(describe(*case), "info", "ours_us=%.2f" % (seconds * 1e6), "vendor=not on this machine")
            return
        device = vendor.device
        call, out, size = getattr(vendor, kind)(rows, cols, nnz, columns, folder)
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
        if kind == "spmm":
            price_of_determinism(vendor, case, nnz, folder, repetitions, statistics.median(theirs))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if vendor is not None:
            vendor.device.free()


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
                    call, _, _ = getattr(vendor, case[0])(case[1], case[2], nnz, case[4], folder)
                tell_overhead(name, gossamer, call and (lambda count: vendor.device.seconds(call, count)), rounds)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                if vendor is not None:
                    vendor.device.free()


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


def open_vendor(gossamer):
    # What the two need, from where the other process has it.
    for needed in ("libcublasLt.so", "libnvJitLink.so"):
        path = gossamer.library(needed)
        if path:
            load(needed, path)
    sparse, sparse_path = load("libcusparse", gossamer.library("libcusparse.so"))
    dense, dense_path = load("libcublas", gossamer.library("libcublas.so"))
    if not report.has(SECTION, "libraries"):
        report.add("libraries", "info", "cusparse=" + sparse_path, "cublas=" + dense_path)
    return Vendor(Device(int(os.environ.get("CHECK_DEVICE", "0"))), sparse, dense)


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
        # Opens cuSPARSE and cuBLAS over there, so that their files can be named here.
        for case in REHEARSAL_CASES:
            folder = tempfile.mkdtemp(prefix="gossamer-ops-")
            open_case(gossamer, case, folder)
            shutil.rmtree(folder, ignore_errors=True)
        vendor = None
        try:
            vendor = open_vendor(gossamer)
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
