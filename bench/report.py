"""Keeps what was measured, and makes a table of it."""

import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess

OTHERS_MARK = 0.05
# Of registryd to the bare loop.
RATIOS = {
    "rate, registryd to bare loop": lambda one: one["operations"] / one["seconds"],
    "the same, if the nodes' CPU alone decided": lambda one: 1 / one["nodes_cpu_us"],
    "the same, if the CPU of all alone decided": lambda one: 1 / one["all_cpu_us"],
}


def output_of(*command):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.strip().split("\n")[0]


def machine(build):
    cpu = next(line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().split("\n")
               if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    built = datetime.datetime.fromtimestamp((build / "registryd").stat().st_mtime, datetime.timezone.utc)
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": output_of("git", "describe", "--always", "--dirty", "--abbrev=12"),
        "registryd": f"{output_of(build / 'registryd', '--version')}, built {built:%Y-%m-%dT%H:%M:%SZ}",
        "wrk": output_of("wrk", "-v"),
        "java": output_of("java", "-version"),
        "machine": f"{os.cpu_count()} × {cpu}, {memory:.0f} GiB, Linux {platform.release()}",
    }


def in_words(values, digits):
    """Median, and from the least to the most."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def ratio_of(pair, what):
    return what(pair["registryd"]) / what(pair["bare loop"])


class Report:
    def __init__(self, results, store):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.directory = results / f"{now:%Y-%m-%d-%H%M}-{store}"
        self.directory.mkdir(parents=True)
        self._measures = []

    def say(self, text):
        print(text, flush=True)
        with (self.directory / "summary.txt").open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    def note(self, measure):
        """A line for each measure, as it was."""
        self._measures.append(measure)
        with (self.directory / "measures.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(measure, ensure_ascii=False) + "\n")

    def table(self, where, operation, title):
        ours = [one for one in self._measures if (one["where"], one["operation"]) == (where, operation)]
        self.say(f"\n{title}, {where}: median (least–most) of {len({m['repetition'] for m in ours})}")
        for side in dict.fromkeys(one["side"] for one in ours):
            self._side(side, [one for one in ours if one["side"] == side])
        self._ratios(ours)

    def _side(self, side, measures):
        cpu_us = [one["cpu_s"] / one["operations"] * 1e6 for one in measures]
        lines = {
            "operations/s": in_words([one["operations"] / one["seconds"] for one in measures], 0),
            f"µs of CPU for one, {side} alone": in_words(cpu_us, 1),
            "µs of CPU for one, of the nodes": in_words([m["nodes_cpu_us"] for m in measures], 1),
            "µs of CPU for one, with nodes and generator": in_words([m["all_cpu_us"] for m in measures], 1),
            f"operations per CPU-second of {side}": in_words([1e6 / us for us in cpu_us], 0),
            "failed": str(sum(one["failed"] for one in measures)),
            "share of the cores that others took": in_words([m["others_share"] for m in measures], 2),
            "share of the cores that was idle": in_words([m["idle_share"] for m in measures], 2),
        }
        for quantile in ("p50_ms", "p99_ms"):
            if quantile in measures[0]:
                lines[f"{quantile[:3]}, ms (closed loop)"] = in_words([m[quantile] for m in measures], 1)
        self.say(f"  {side}")
        for name, value in lines.items():
            self.say(f"    {name:52}{value}")
        disturbed = [one["repetition"] for one in measures if one["others_share"] > OTHERS_MARK]
        if disturbed:
            self.say(f"    disturbed by others (more than {OTHERS_MARK:.0%}): repetitions {disturbed}")

    def _ratios(self, measures):
        pairs = {}
        for one in measures:
            pairs.setdefault(one["repetition"], {})[one["side"]] = one
        pairs = [pair for pair in pairs.values() if len(pair) == 2]
        quiet = [pair for pair in pairs
                 if all(one["others_share"] <= OTHERS_MARK for one in pair.values())]
        for name, what in RATIOS.items():
            ratios = [ratio_of(pair, what) for pair in pairs]
            if ratios:
                self.say(f"  {name}: {in_words(ratios, 2)}; of each repetition: "
                         + ", ".join(f"{ratio:.2f}" for ratio in ratios))
        if quiet and len(quiet) < len(pairs):
            self.say(f"  undisturbed pairs alone, {len(quiet)} of {len(pairs)}:")
            for name, what in RATIOS.items():
                self.say(f"    {name}: {in_words([ratio_of(pair, what) for pair in quiet], 2)}")
