"""Processes that answer each line with a line, which the sections ops, dlmc and steps time things through."""

import os
import queue
import subprocess
import threading

ANSWER_SECONDS = 300


class Refused(Exception):
    """Something is missing on this machine, or does not work."""


class Child:
    """A process whose answers are waited for as long as its caller says, and no longer."""

    def __init__(self, name, command, log):
        self.name = name
        self.log = log
        self.lines = queue.Queue()
        with open(log, "a") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1
            )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put("")

    def answer(self, seconds=ANSWER_SECONDS):
        """The next line; without one in time the process is ended."""
        try:
            line = self.lines.get(timeout=max(seconds, 0.1))
        except queue.Empty:
            self.kill()
            raise Refused("%s took more than %d s" % (self.name, seconds)) from None
        if not line:
            self.kill()
            raise Refused("%s ended; see %s" % (self.name, self.log))
        return line

    def say(self, line, seconds=ANSWER_SECONDS):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # the end of its answers tells more
        return self.answer(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        """Ends it in good order, or anyhow."""
        try:
            self.process.stdin.close()
            self.process.wait(30)
        except (OSError, subprocess.TimeoutExpired):
            self.kill()


class Gossamer(Child):
    """The process that times Gossamer's side: `benchmarks serve`."""

    def __init__(self, launcher, section, *properties):
        super().__init__(
            "Gossamer's process",
            [launcher, "-Dgossamer.backend=" + os.environ["CHECK_BACKEND"], *properties, "serve"],
            os.path.join(os.environ["CHECK_OUT"], section, "gossamer.log"),
        )

    def ask(self, *words, seconds=ANSWER_SECONDS):
        question = " ".join(str(word) for word in words)
        answer = self.say(question, seconds)
        if not answer.startswith("ok"):
            raise Refused("Gossamer answered to %s: %s" % (question, answer))
        return answer[2:].split()

    def seconds(self, repetitions, seconds=ANSWER_SECONDS):
        """From the first call to the end of the work, and to the last call's return."""
        nanos, enqueued = self.ask("time", repetitions, seconds=seconds)
        return int(nanos) / 1e9, int(enqueued) / 1e9

    def library(self, name):
        """The file of a library that the process has loaded; none if it has not."""
        with open("/proc/%d/maps" % self.process.pid) as maps:
            for line in maps:
                path = line.rstrip("\n").split(" ")[-1] if "/" in line else ""
                if os.path.basename(path).startswith(name):
                    return path
        return None
