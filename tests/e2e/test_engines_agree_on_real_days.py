"""Three real days on every engine that runs here, by the console script: the same files, and what each engine costs."""

import os
import resource
import subprocess
import threading
import time
from pathlib import Path

import prism
import pytest
from corpus import SHARED, WARRAQ, data_files

DAYS = SHARED / "saudinewsnet_dev"
PRISM = "--runner=PrismRunner"
ENGINES = {
    "FnApiRunner": (),
    "FnApiRunner, 2 processes": ("--direct_running_mode=multi_processing", "--direct_num_workers=2"),
    "BundleBasedDirectRunner": ("--runner=BundleBasedDirectRunner",),
    "PrismRunner": (PRISM,),
    "PrismRunner, 2 processes": (PRISM, "--sdk_worker_parallelism=2"),
}


def family(pid):
    """Return the resident bytes of a process and all that descend from it."""
    parents, resident = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(entry.name)] = int(fields[1])
        resident[int(entry.name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    own = {pid}
    while more := {child for child, parent in parents.items() if parent in own} - own:
        own |= more
    return sum(resident.get(one, 0) for one in own)


def measured(command):
    """Run a command; return wall seconds, CPU seconds and the highest sum of resident megabytes of all its processes."""
    before, started, highest = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), [0]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    stop = threading.Event()

    def watch():
        while not stop.wait(0.2):
            highest[0] = max(highest[0], family(running.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    told = running.communicate()[1]
    stop.set()
    watcher.join()
    assert running.returncode == 0, told
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu, highest[0] / 1e6


@pytest.mark.long
@pytest.mark.data
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not DAYS.is_dir(), reason="the shared data folder does not lie beside the checkout")
def test_three_real_days_give_the_same_files_on_every_engine(tmp_path):
    days = sorted(DAYS.glob("*.jsonl.gz"))[:3]
    first = {}
    for name, flags in ENGINES.items():
        output = tmp_path / name.replace(", ", "-").replace(" ", "-")
        command = [WARRAQ, "batch", "--quiet", "--input", *map(str, days), "--output", str(output), *flags]
        if PRISM in flags:
            command += [f"--prism_location={prism.binary()}", "--prism_log_level=warn"]
        wall, cpu, memory = measured(command)
        print(f"{name}: {wall:.0f} s, {cpu:.0f} s of CPU, {memory:,.0f} MB")
        files = data_files(output)
        first = first or files
        assert {path.split("/")[0] for path in files} >= {"articles", "duplicates", "relations", "inputs"}
        assert files == first, name
