"""cuSPARSE and cuBLAS through ctypes, from the very files that Gossamer's process has loaded, for ops and dlmc."""

import array
import ctypes
import functools
import glob
import math
import os
import shutil
import sys
import tempfile
import time

import report
from processes import Refused

R_32F, INDEX_32I, ROW_MAJOR = 0, 2, 2
NON_TRANSPOSE, TRANSPOSE = 0, 1
SPMM_CSR_ALG2, SPMM_CSR_ALG3, SDDMM_DEFAULT = 6, 12, 0
DEFAULT_MATH, TF32_MATH = 0, 3
NON_BLOCKING = 1
CAPTURE_RELAXED = 2


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
    """The driver: a context, a stream, memory, events and graphs."""

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
        self.device = ctypes.c_int()
        self.check("cuDeviceGet", ctypes.byref(self.device), ordinal)
        context = ctypes.c_void_p()
        self.check("cuDevicePrimaryCtxRetain", ctypes.byref(context), self.device)
        self.check("cuCtxSetCurrent", context)
        self.stream = ctypes.c_void_p()
        self.check("cuStreamCreate", ctypes.byref(self.stream), NON_BLOCKING)
        self.events = [self.event(), self.event()]
        self.buffers = []
        self.graphs = []

    def check(self, name, *arguments):
        status = getattr(self.cuda, name)(*arguments)
        if status != 0:
            raise Refused("%s returned %d" % (name, status))

    def attribute(self, number):
        """A CUdevice_attribute."""
        value = ctypes.c_int()
        self.check("cuDeviceGetAttribute", ctypes.byref(value), ctypes.c_int(number), self.device)
        return value.value

    def event(self):
        event = ctypes.c_void_p()
        self.check("cuEventCreate", ctypes.byref(event), 0)
        return event

    def memory(self, size, kept=False):
        """Until the next free(), or for good."""
        address = ctypes.c_uint64()
        self.check("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(max(size, 16)))
        if not kept:
            self.buffers.append(address)
        return ctypes.c_void_p(address.value)

    def upload(self, path):
        with open(path, "rb") as file:
            return self.put(file.read())

    def put(self, content):
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

    def settle(self):
        """Copies and clears are ordered with no stream of ours."""
        self.check("cuCtxSynchronize")

    def captured(self, calls):
        """What these functions enqueue, as a graph; the answer launches it."""
        graph = ctypes.c_void_p()
        self.check("cuStreamBeginCapture_v2", self.stream, ctypes.c_int(CAPTURE_RELAXED))
        try:
            for call in calls:
                call()
        except Refused:
            # The status would be that of the capture, which a refused call may have spoilt.
            self.cuda.cuStreamEndCapture(self.stream, ctypes.byref(graph))
            if graph.value:
                self.cuda.cuGraphDestroy(graph)
            raise
        self.check("cuStreamEndCapture", self.stream, ctypes.byref(graph))
        try:
            nodes = ctypes.c_size_t()
            self.check("cuGraphGetNodes", graph, ctypes.c_void_p(), ctypes.byref(nodes))
            if nodes.value < len(calls):
                raise Refused("of %d calls %d nodes were captured" % (len(calls), nodes.value))
            executable = ctypes.c_void_p()
            self.check("cuGraphInstantiateWithFlags", ctypes.byref(executable), graph, ctypes.c_uint64(0))
        finally:
            self.check("cuGraphDestroy", graph)
        self.graphs.append(executable)
        run, stream = self.cuda.cuGraphLaunch, self.stream

        def launch():
            status = run(executable, stream)
            if status != 0:
                check("cuGraphLaunch", status)

        return launch

    def free(self):
        while self.graphs:
            self.check("cuGraphExecDestroy", self.graphs.pop())
        while self.buffers:
            self.check("cuMemFree_v2", self.buffers.pop())

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
        self.descriptors = []
        self.one = ctypes.c_float(1)
        self.zero = ctypes.c_float(0)
        self.sparse_handle = ctypes.c_void_p()
        self.dense_handle = ctypes.c_void_p()
        check("cusparseCreate", sparse.cusparseCreate(ctypes.byref(self.sparse_handle)))
        check("cusparseSetStream", sparse.cusparseSetStream(self.sparse_handle, device.stream))
        check("cublasCreate", dense.cublasCreate_v2(ctypes.byref(self.dense_handle)))
        check("cublasSetStream", dense.cublasSetStream_v2(self.dense_handle, device.stream))
        self.math_mode(DEFAULT_MATH)

    def math_mode(self, mode):
        check("cublasSetMathMode", self.dense.cublasSetMathMode(self.dense_handle, ctypes.c_int(mode)))

    def keep_workspace(self, size):
        """Memory of cuBLAS's own, which a captured call would otherwise allocate within the graph."""
        memory = self.device.memory(size, kept=True)
        status = self.dense.cublasSetWorkspace_v2(self.dense_handle, memory, ctypes.c_size_t(size))
        check("cublasSetWorkspace", status)

    def described(self, kind, *arguments):
        """A descriptor, until the next free()."""
        descriptor = ctypes.c_void_p()
        status = getattr(self.sparse, "cusparseCreate" + kind)(ctypes.byref(descriptor), *arguments)
        check("cusparseCreate" + kind, status)
        self.descriptors.append(("cusparseDestroySpMat" if kind == "Csr" else "cusparseDestroy" + kind, descriptor))
        return descriptor

    def free(self):
        while self.descriptors:
            destroy, descriptor = self.descriptors.pop()
            check(destroy, getattr(self.sparse, destroy)(descriptor))
        self.device.free()

    def pattern(self, folder):
        """Row offsets and column indices."""
        return [self.device.upload(os.path.join(folder, name)) for name in ("rowptr", "colidx")]

    def csr(self, rows, cols, nnz, pattern, values):
        sizes = [ctypes.c_int64(size) for size in (rows, cols, nnz)]
        return self.described("Csr", *sizes, *pattern, values, INDEX_32I, INDEX_32I, 0, R_32F)

    def matrix(self, rows, cols, data, stride=None):
        """Row-major; from row to row there are as many numbers as columns, or `stride`."""
        sizes = [ctypes.c_int64(size) for size in (rows, cols, stride or cols)]
        return self.described("DnMat", *sizes, data, R_32F, ROW_MAJOR)

    def vector(self, size, data):
        return self.described("DnVec", ctypes.c_int64(size), data, R_32F)

    def planned(self, name, *alternatives):
        """
        Buffer and preprocessing for a generic product; the answers run it, each with arguments of its own, which differ in
        dense operands only. One argument block serves every call.
        """
        size = ctypes.c_size_t()
        largest = 0
        for arguments in alternatives:
            check(name, getattr(self.sparse, name + "_bufferSize")(*arguments, ctypes.byref(size)))
            largest = max(largest, size.value)
        buffer = self.device.memory(largest)
        # That of SpMV is younger than the others.
        if name != "cusparseSpMV" or hasattr(self.sparse, name + "_preprocess"):
            check(name, getattr(self.sparse, name + "_preprocess")(*alternatives[0], buffer))
        run = getattr(self.sparse, name)

        def call(arguments):
            status = run(*arguments, buffer)
            if status != 0:
                check(name, status)

        return [functools.partial(call, arguments) for arguments in alternatives]

    def spmm_calls(self, a, bs, c, algorithm):
        """C = A·B for each B."""
        one, zero = ctypes.byref(self.one), ctypes.byref(self.zero)
        head = (self.sparse_handle, NON_TRANSPOSE, NON_TRANSPOSE, one, a)
        return self.planned("cusparseSpMM", *[head + (b, zero, c, R_32F, algorithm) for b in bs])

    def spmv_calls(self, a, xs, y, algorithm):
        """y = A·x for each x."""
        one, zero = ctypes.byref(self.one), ctypes.byref(self.zero)
        head = (self.sparse_handle, NON_TRANSPOSE, one, a)
        return self.planned("cusparseSpMV", *[head + (x, zero, y, R_32F, algorithm) for x in xs])

    def sddmm_calls(self, pairs, c):
        """C = A·Bᵀ on C's entries for each A and B."""
        one, zero = ctypes.byref(self.one), ctypes.byref(self.zero)
        head = (self.sparse_handle, NON_TRANSPOSE, TRANSPOSE, one)
        tail = (zero, c, R_32F, SDDMM_DEFAULT)
        return self.planned("cusparseSDDMM", *[head + (a, b) + tail for a, b in pairs])

    def sgemm(self, rows, depth, columns, a, b, c, transposed=False):
        """Row-major C = A·B is column-major Cᵀ = Bᵀ·Aᵀ; of a transposed B, columns x depth, C = A·Bᵀ."""
        one, zero = ctypes.byref(self.one), ctypes.byref(self.zero)
        run = self.dense.cublasSgemm_v2
        operands = (self.dense_handle, TRANSPOSE if transposed else NON_TRANSPOSE, NON_TRANSPOSE, columns, rows, depth)
        operands += (one, b, depth if transposed else columns, a, depth, zero, c, columns)

        def call():
            status = run(*operands)
            if status != 0:
                check("cublasSgemm", status)

        return call


def check(name, status):
    if status != 0:
        raise Refused("%s returned %d" % (name, status))


def largest_difference(ours, theirs, samples=200_000):
    """Of the two answers, relative to the largest number in them."""
    mine, other = array.array("f"), array.array("f")
    mine.frombytes(ours)
    other.frombytes(theirs)
    # A sample is enough to tell a wrong product, and plain Python is slow. It goes through all columns of a matrix.
    step = max(1, len(mine) // samples)
    while math.gcd(step, len(mine)) != 1:
        step += 1
    mine, other = mine[::step], other[::step]
    scale = max(max(mine), -min(mine), 1e-30)
    worst = max(abs(x - y) for x, y in zip(mine, other))
    # A NaN compares as false, so it is asked for.
    return float("nan") if any(x != x for x in mine) or any(y != y for y in other) else worst / scale


def open_libraries(gossamer):
    """Has cuSPARSE and cuBLAS opened over there, so that their files can be named here."""
    for words in [("spmm", "128x784", 0.05, 32), ("sddmm", "128x784", 0.05, 32), ("gemm", "128x784", 32)]:
        folder = tempfile.mkdtemp(prefix="gossamer-ops-")
        try:
            gossamer.ask("open", *words, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def open_vendor(gossamer, section):
    open_libraries(gossamer)
    # What the two need, from where the other process has it.
    for needed in ("libcublasLt.so", "libnvJitLink.so"):
        path = gossamer.library(needed)
        if path:
            load(needed, path)
    sparse, sparse_path = load("libcusparse", gossamer.library("libcusparse.so"))
    dense, dense_path = load("libcublas", gossamer.library("libcublas.so"))
    if not report.has(section, "libraries"):
        report.add("libraries", "info", "cusparse=" + sparse_path, "cublas=" + dense_path)
    return Vendor(Device(int(os.environ.get("CHECK_DEVICE", "0"))), sparse, dense)
