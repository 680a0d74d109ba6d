"""Runs a command, and tells what it took: seconds, and the joules of all GPUs that NVML lists, by the counter that the driver
keeps from Volta on.

  energy.py FILE COMMAND...

appends {"seconds": ..., "joules": ... or null, "why": ..., "exit": ...} to FILE. Ends as the command does, to which it passes
SIGINT and SIGTERM on, and SIGKILL ten seconds later.
"""

import ctypes
import signal
import subprocess
import sys
import time

import report

PATIENCE = 10


class Meter:
    """Millijoules since the driver was loaded. `why` says what is in the way, if something is."""

    def __init__(self):
        self.why = None
        try:
            self.nvml = ctypes.CDLL("libnvidia-ml.so.1")
            self.call("nvmlInit_v2")
            count = ctypes.c_uint()
            self.call("nvmlDeviceGetCount_v2", ctypes.byref(count))
            self.gpus = [self.gpu(index) for index in range(count.value)]
            self.read()
        except (OSError, AttributeError) as e:
            self.why = str(e)

    def call(self, function, *arguments):
        code = getattr(self.nvml, function)(*arguments)
        if code != 0:
            raise OSError("%s answers %d" % (function, code))

    def gpu(self, index):
        handle = ctypes.c_void_p()
        self.call("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), ctypes.byref(handle))
        return handle

    def read(self):
        total = 0
        for gpu in self.gpus:
            energy = ctypes.c_ulonglong()
            self.call("nvmlDeviceGetTotalEnergyConsumption", gpu, ctypes.byref(energy))
            total += energy.value
        return total


def main(path, command):
    meter = Meter()
    before = None if meter.why else meter.read()
    start = time.monotonic()
    process = subprocess.Popen(command)

    def stop(sent, frame):
        process.send_signal(sent)
        signal.alarm(PATIENCE)

    signal.signal(signal.SIGALRM, lambda sent, frame: process.kill())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    code = process.wait()
    entry = {"seconds": time.monotonic() - start, "joules": None, "why": meter.why, "exit": code}
    if before is not None:
        try:
            entry["joules"] = (meter.read() - before) / 1000
        except OSError as e:
            entry["why"] = str(e)
    report.append(path, entry)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
