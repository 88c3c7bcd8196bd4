"""A worker process of a local run on Prism: `python -m pipelines.worker`, started by `pipelines.worker_processes`.

Beam's worker pool calls it with the arguments of the container contract (`--id`, `--control_endpoint` and more), and ends
it by SIGTERM. It also ends by itself when the process that started it is gone: a killed run leaves no workers behind.
"""

import argparse
import hashlib
import os
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from apache_beam.runners.worker import sdk_worker

from pipelines.logs import configure_logging

__all__ = ["OwnShortIds", "main"]

_LOOK_SECONDS = 1.0


class OwnShortIds(sdk_worker.ShortIdCache):
    """Beam's short names of metrics, with a prefix that no other worker has.

    Every worker counts its short ids from 1, and Prism 2.77 keeps those of all workers of a job in one table: counters of
    two workers are then added up under one name, or the job ends in "error decoding metrics".
    """

    def __init__(self, worker_id: str) -> None:
        super().__init__()
        self._prefix = hashlib.blake2b(worker_id.encode(), digest_size=4).hexdigest() + "-"

    def get_short_id(self, monitoring_info: Any) -> str:
        """Return the short id of a metric, a new one where it has none."""
        return self._prefix + super().get_short_id(monitoring_info)

    def get_infos(self, short_ids: Iterable[str]) -> dict[str, Any]:
        """Return what the short ids stand for. Raises KeyError for ids that were never given."""
        infos = super().get_infos(short_id.removeprefix(self._prefix) for short_id in short_ids)
        return {self._prefix + short_id: info for short_id, info in infos.items()}


def main(argv: Sequence[str] | None = None) -> None:
    """Work for one runner until it lets go, or until the process `--parent` is gone. Starting takes two seconds."""
    os.dup2(2, 1)  # the pool holds our standard output and never reads it: once full, it would stop us
    configure_logging()
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--parent", required=True, type=int)
    parser.add_argument("--id", required=True)
    parser.add_argument("--control_endpoint", required=True)
    args, _ = parser.parse_known_args(
        argv
    )  # the other endpoints are of no use to a worker on the same machine
    sdk_worker.SHORT_ID_CACHE = OwnShortIds(args.id)
    threading.Thread(target=_end_with, args=(args.parent,), daemon=True).start()
    sdk_worker.SdkHarness(args.control_endpoint, worker_id=args.id).run()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
