"""Kernels of one training step through Gossamer, with the time of each, by the profiler that is there.

ncu (Nsight Compute) times each kernel on its own, clocks and caches as they are; it needs leave to read the GPU's counters.
nsys (Nsight Systems) needs none and tells copies and the whole span of the step too. The process profiled takes the first two
steps of a training and three more; the table is of the last.
"""

import argparse
import collections
import csv
import glob
import os
import shutil
import subprocess
import sys
import tempfile

STEPS = 3
FOLDERS = {
    "ncu": ["/usr/local/cuda*/bin", "/opt/nvidia/nsight-compute/*", "/usr/local/cuda*/nsight-compute*", "/opt/cuda/bin"],
    "nsys": ["/usr/local/cuda*/bin", "/opt/nvidia/nsight-systems*/*/bin", "/opt/nvidia/nsight-systems*/bin", "/opt/cuda/bin"],
}
NANOS = {"nsecond": 1, "ns": 1, "usecond": 1e3, "us": 1e3, "msecond": 1e6, "ms": 1e6, "second": 1e9, "s": 1e9}

Run = collections.namedtuple("Run", "name shape nanos start")


class Refused(Exception):
    """A profiler that is not here, or did not work."""


def find(tool):
    folders = [folder for pattern in FOLDERS[tool] for folder in sorted(glob.glob(pattern), reverse=True)]
    return shutil.which(tool) or shutil.which(tool, path=os.pathsep.join(folders))


def profile(command, script, log):
    """Runs a profiler over Gossamer's process, which gets its commands from a script."""
    with open(log, "w") as out:
        done = subprocess.run(command, input=script, stdout=out, stderr=subprocess.STDOUT, text=True)
    with open(log) as out:
        said = out.read()
    if done.returncode != 0 or "\nerror" in "\n" + said:
        raise Refused("%s ended with exit code %d:\n%s" % (command[0], done.returncode, said[-2000:]))


def by_ncu(tool, java, script, folder):
    table = os.path.join(folder, "ncu.csv")
    options = ["--target-processes", "all", "--clock-control", "none", "--cache-control", "none", "--csv"]
    options += ["--print-units", "base", "--metrics", "gpu__time_duration.sum", "--log-file", table]
    profile([tool, *options, *java], script, os.path.join(folder, "ncu.log"))
    return read_ncu(table)


def read_ncu(path):
    """Lines of the tool itself come before the table's head."""
    with open(path, newline="") as file:
        lines = file.readlines()
    heads = [number for number, line in enumerate(lines) if line.startswith('"ID"')]
    if not heads:
        raise Refused("ncu counted no kernel:\n" + "".join(lines[-10:]))
    runs = []
    for row in csv.DictReader(lines[heads[0] :]):
        if row["Metric Name"] == "gpu__time_duration.sum":
            nanos = float(row["Metric Value"].replace(",", "")) * NANOS[row["Metric Unit"]]
            runs.append(Run(row["Kernel Name"], (row["Grid Size"], row["Block Size"]), nanos, None))
    return runs


def by_nsys(tool, java, script, folder):
    path = os.path.join(folder, "steps")
    options = ["--trace=cuda", "--sample=none", "--cpuctxsw=none", "--cuda-graph-trace=node", "--force-overwrite=true"]
    profile([tool, "profile", *options, "-o", path, *java], script, os.path.join(folder, "nsys.log"))
    table = subprocess.run(
        [tool, "stats", "--report", "cuda_gpu_trace", "--format", "csv", "--output", "-", path + ".nsys-rep"],
        capture_output=True,
        text=True,
    )
    return read_nsys(table.stdout.splitlines(keepends=True))


def read_nsys(lines):
    heads = [number for number, line in enumerate(lines) if line.startswith("Start (ns)")]
    if not heads:
        raise Refused("nsys saw nothing on the GPU:\n" + "".join(lines[-10:]))
    runs = []
    for row in csv.DictReader(lines[heads[0] :]):
        shape = tuple(row[key] for key in ("GrdX", "GrdY", "GrdZ", "BlkX", "BlkY", "BlkZ"))
        runs.append(Run(row["Name"], shape, float(row["Duration (ns)"]), float(row["Start (ns)"])))
    return runs


def last_step(runs):
    """Steps launch the same kernels: the longest sequence that the end of the run has STEPS times, one after the other."""
    kinds = [run[:2] for run in runs]
    for length in range(len(runs) // STEPS, 0, -1):
        last = kinds[-length:]
        if all(kinds[len(kinds) - (i + 1) * length : len(kinds) - i * length] == last for i in range(1, STEPS)):
            return runs[-length:]
    raise Refused("no two steps ran the same kernels; %d launches in all" % len(runs))


def short(name):
    """Without parameters, and no longer than a line."""
    depth, end = 0, len(name)
    for position, letter in enumerate(name):
        if letter == "<":
            depth += 1
        elif letter == ">":
            depth -= 1
        elif letter == "(" and depth == 0 and position > 0 and not name.startswith("(anonymous", position):
            end = position
            break
    name = name[:end]
    return name if len(name) <= 100 else name[:97] + "..."


def table(runs):
    total = sum(run.nanos for run in runs)
    kernels = collections.defaultdict(list)
    for run in runs:
        kernels[run.name].append(run.nanos)
    print("%10s %7s %6s %10s  %s" % ("us", "share", "runs", "us each", "kernel"))
    for name, nanos in sorted(kernels.items(), key=lambda kernel: -sum(kernel[1])):
        each = sum(nanos) / len(nanos)
        print("%10.2f %6.1f%% %6d %10.2f  %s" % (sum(nanos) / 1e3, 100 * sum(nanos) / total, len(nanos), each / 1e3, short(name)))
    print("%10.2f %6.1f%% %6d %10.2f  all of a step" % (total / 1e3, 100, len(runs), total / len(runs) / 1e3))
    if runs[0].start is not None:
        print("%10.2f us from the first's start to the last's end" % ((runs[-1].start + runs[-1].nanos - runs[0].start) / 1e3))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(prog="kernel_times.sh", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", choices=["mlp", "cnn", "resnet18", "vgg16"])
    parser.add_argument("batch", type=int)
    parser.add_argument("density", type=float)
    parser.add_argument("--swat", action="store_true", help="dense parameters, of which SWAT selects in each step")
    parser.add_argument("--infer", action="store_true", help="a batch forward instead of a training step")
    parser.add_argument("--tool", choices=["ncu", "nsys"], help="default: ncu, and nsys where ncu is not or may not")
    parser.add_argument("--home", default=os.path.dirname(here), help="the unpacked archive; default: the one this lies in")
    parser.add_argument("--backend", default="cuda")
    options = parser.parse_args()

    words = ["open", "infer" if options.infer else "step", options.model, str(options.batch), "%g" % options.density]
    script = " ".join(words + ["swat"] * options.swat) + "\n" + "time 1\n" * STEPS
    # The JVM by itself, without the launcher's shell.
    java = [os.path.join(options.home, "jre", "bin", "java"), "-Dgossamer.backend=" + options.backend]
    java += ["-cp", os.pathsep.join(os.path.join(options.home, "lib", *folder, "*") for folder in ([], ["benchmarks"]))]
    java += ["dev.gossamer.bench.Main", "serve"]
    if not os.path.exists(java[0]):
        sys.exit("kernel_times.sh: %s is no unpacked archive; name one by --home" % options.home)
    reasons = []
    for tool, run in (("ncu", by_ncu), ("nsys", by_nsys)):
        if options.tool in (None, tool):
            path = find(tool)
            if path is None:
                reasons.append(tool + " is not on the PATH, nor in the usual places")
                continue
            folder = tempfile.mkdtemp(prefix="gossamer-kernels-")
            try:
                print("%s, batch %d, density %g, by %s" % (options.model, options.batch, options.density, path))
                table(last_step(run(path, java, script, folder)))
                return
            except (Refused, OSError, KeyError, ValueError) as e:
                reasons.append("%s: %s" % (path, e))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    sys.exit("kernel_times.sh: no times of kernels\n" + "\n".join(reasons))


if __name__ == "__main__":
    main()
