"""Results of check-gpu: a file of JSON lines for each section, merged into check-gpu.json and a table.

Commands (the folder of results and all else come in CHECK_* variables of the environment):
  begin                       notes the machine; refuses a folder of results of another commit, backend or extent
  missing-backend             prints why the backend cannot run here; nothing where it can
  add NAME STATUS [K=V ...]   appends a result to the running section; STATUS: passed, failed, skipped or info
  has NAME                    exit code 0 if the running section has that result
  skip SECTION WHY            the section is left out
  refuse SECTION WHY          the section cannot run, and has failed
  done SECTION                exit code 0 if the section has been run to its end
  end SECTION HOW SECONDS     the section has ended: "done", or why not
  finish                      writes check-gpu.json, prints the table; exit code 1 unless all passed
A section is more than one run long if it has to be: every result is on disk as soon as it is known.
"""

import datetime
import glob
import json
import os
import platform
import subprocess
import sys

OUT = os.environ["CHECK_OUT"]
HOME = os.environ["CHECK_HOME"]
BACKEND = os.environ["CHECK_BACKEND"]
REHEARSAL = os.environ["CHECK_REHEARSAL"] == "1"
QUICK = os.environ["CHECK_QUICK"] == "1"
# Of a section in the table at the end, of those that were not asked to pass.
MOST_LINES = 60


def said(*command):
    """What a command prints; empty if it fails or is not there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def version():
    with open(os.path.join(HOME, "VERSION")) as file:
        return dict(line.rstrip("\n").split("=", 1) for line in file)


def read(path):
    """The whole lines of a file of JSON lines; a last one that was cut off does not count."""
    results = []
    if os.path.exists(path):
        with open(path) as file:
            for line in file:
                try:
                    results.append(json.loads(line))
                except ValueError:
                    pass
    return results


def append(path, entry):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    cut = False
    if os.path.exists(path) and os.path.getsize(path) > 0:
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            cut = file.read(1) != b"\n"
    with open(path, "a") as file:
        file.write(("\n" if cut else "") + json.dumps(entry) + "\n")


def results_file(section):
    return os.path.join(OUT, section, "results.jsonl")


def ends_file(section):
    return os.path.join(OUT, section, "ends.jsonl")


def write(path, value):
    """Whole or not at all."""
    with open(path + ".new", "w") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
    os.replace(path + ".new", path)


# ---- the machine


def cpu():
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def gpus():
    fields = "name,driver_version,memory.total,uuid"
    lines = said("nvidia-smi", "--query-gpu=" + fields, "--format=csv,noheader").splitlines()
    return [dict(zip(["name", "driver", "memory", "uuid"], [part.strip() for part in line.split(",")])) for line in lines]


def backends():
    text = said(os.path.join(HOME, "bin", "gossamer"), "backends", "--json")
    return json.loads(text)["backends"] if text else []


def run_of():
    """What results of one folder must have in common."""
    return {"archive": version(), "backend": BACKEND, "rehearsal": REHEARSAL, "quick": QUICK}


def begin():
    path = os.path.join(OUT, "machine.json")
    run = run_of()
    if os.path.exists(path):
        with open(path) as file:
            earlier = json.load(file)["run"]
        if earlier != run:
            differs = [key for key in run if earlier.get(key) != run[key]]
            sys.exit(
                "check-gpu: the results in %s are of another %s; name another folder by --out, or begin anew by --fresh"
                % (OUT, " and ".join(differs))
            )
    machine = {
        "host": platform.node(),
        "system": platform.platform(),
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "gpus": gpus(),
        "backends": backends(),
    }
    date = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    write(path, {"run": run, "date": date, "machine": machine})


def missing_backend():
    with open(os.path.join(OUT, "machine.json")) as file:
        listed = json.load(file)["machine"]["backends"]
    for entry in listed:
        if entry["name"] == BACKEND:
            if not entry["available"]:
                print("Backend %s cannot run here: %s. %s" % (BACKEND, entry["reason"], entry["remedy"]))
            return
    print("Backend %s is not in the list that `gossamer backends` prints" % BACKEND)


# ---- sections


def number(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def add(name, status, *numbers):
    entry = {"name": name, "status": status}
    entry.update((pair.split("=", 1)[0], number(pair.split("=", 1)[1])) for pair in numbers)
    append(results_file(os.environ["CHECK_SECTION"]), entry)
    print("%-8s %s  %s" % (status, name, "  ".join(numbers)), flush=True)
    return entry


def has(section, name):
    return any(entry["name"] == name for entry in read(results_file(section)))


def classes(section):
    """Lines that the archive's test runner left, in the form of the others."""
    found = []
    for path in sorted(glob.glob(os.path.join(OUT, section, "*classes.jsonl"))):
        for entry in read(path):
            status = "failed" if entry["failed"] else "passed" if entry["passed"] else "skipped"
            found.append(
                {
                    "name": entry["name"],
                    "status": status,
                    **{key: entry[key] for key in ("passed", "failed", "skipped", "seconds", "failures", "skips")},
                }
            )
    return found


def summary(section):
    """Everything about one section: passed, failed, skipped, or incomplete with what it has."""
    ends = read(ends_file(section))
    results = classes(section) + read(results_file(section))
    if not ends and not results:
        return None
    last = ends[-1] if ends else {"how": "interrupted"}
    if last.get("skipped") or last.get("refused"):
        status = "skipped" if last.get("skipped") else "failed"
    elif any(entry["status"] == "failed" for entry in results):
        status = "failed"
    elif last["how"] == "done":
        status = "passed" if any(entry["status"] == "passed" for entry in results) else "skipped"
    else:
        status = "incomplete"
    seconds = sum(end.get("seconds", 0) for end in ends)
    return {"status": status, "how": last["how"], "seconds": seconds, "runs": len(ends), "results": results}


def is_done(section):
    ends = read(ends_file(section))
    return bool(ends) and ends[-1]["how"] == "done"


def sections():
    with open(os.path.join(os.environ["CHECK_GPU"], "sections")) as file:
        names = file.read().split()
    return {name: found for name in names for found in [summary(name)] if found}


# ---- the end


def count(section):
    results = section["results"]
    if results and "failures" in results[0]:
        totals = {key: sum(entry.get(key, 0) for entry in results if "failures" in entry) for key in ("passed", "failed", "skipped")}
        return "%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % totals
    states = [entry["status"] for entry in results]
    return ", ".join("%d %s" % (states.count(state), state) for state in ("passed", "failed", "skipped") if states.count(state))


def short(entry):
    plain = {key: value for key, value in entry.items() if key not in ("name", "status", "failures", "skips")}
    if "failures" in entry:
        first = entry["failures"][0].splitlines()[0] if entry["failures"] else ""
        return "%d passed, %d failed, %d skipped  %s" % (entry["passed"], entry["failed"], entry["skipped"], first)
    return "  ".join("%s=%s" % (key, "%.4g" % value if isinstance(value, float) else value) for key, value in plain.items())


def merge():
    """check-gpu.json as far as it has come."""
    with open(os.path.join(OUT, "machine.json")) as file:
        machine = json.load(file)
    found = sections()
    everything = {**machine["run"], "date": machine["date"], "machine": machine["machine"], "sections": found}
    write(os.path.join(OUT, "check-gpu.json"), everything)
    return machine, found


def finish():
    machine, found = merge()
    print()
    if REHEARSAL:
        print("REHEARSAL on %s: no word on any GPU" % BACKEND)
    if QUICK:
        print("QUICK: a small part of each section")
    for gpu in machine["machine"]["gpus"]:
        print("%(name)s, driver %(driver)s" % gpu)
    archive = machine["run"]["archive"]
    print("gossamer %s, commit %s, %s" % (archive["version"], archive["commit"], machine["date"]))
    for name, section in found.items():
        print("%-10s  %-10s  %6.0f s  %s" % (name, section["status"], section["seconds"], count(section)))
        if section["how"] != "done":
            print("            %s" % section["how"])
        told = [entry for entry in section["results"] if entry["status"] == "info"]
        if len(told) > MOST_LINES:
            print("            %d lines of info, the last %d of them here" % (len(told), MOST_LINES))
        left_out = {id(entry) for entry in told[:-MOST_LINES]}
        for entry in section["results"]:
            if id(entry) not in left_out and (entry["status"] != "passed" or "failures" not in entry):
                print("            %-8s %s  %s" % (entry["status"], entry["name"], short(entry)))
    print("All of it: %s" % os.path.join(OUT, "check-gpu.json"))
    good = bool(found) and all(section["status"] in ("passed", "skipped") for section in found.values())
    sys.exit(0 if good else 1)


def main(command, *arguments):
    if command == "begin":
        begin()
    elif command == "missing-backend":
        missing_backend()
    elif command == "add":
        add(*arguments)
    elif command == "has":
        sys.exit(0 if has(os.environ["CHECK_SECTION"], *arguments) else 1)
    elif command == "skip":
        append(ends_file(arguments[0]), {"how": arguments[1], "skipped": True})
    elif command == "refuse":
        print(arguments[1])
        append(ends_file(arguments[0]), {"how": arguments[1], "refused": True})
    elif command == "done":
        sys.exit(0 if is_done(arguments[0]) else 1)
    elif command == "end":
        append(ends_file(arguments[0]), {"how": arguments[1], "seconds": int(arguments[2])})
        merge()
    elif command == "finish":
        finish()
    else:
        sys.exit("report.py: no command " + command)


if __name__ == "__main__":
    main(*sys.argv[1:])
