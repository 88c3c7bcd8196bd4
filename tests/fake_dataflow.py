"""A stand-in for Dataflow's REST service on loopback: takes jobs, tells of them, runs nothing."""

import contextlib
import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JOB_STATE = "JOB_STATE_RUNNING"


@dataclasses.dataclass
class FakeDataflow:
    """`jobs` are the requests as they came, `refuse` the status and message that new ones get instead."""

    endpoint: str
    jobs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    refuse: tuple[int, str] | None = None

    def told(self, number: int) -> dict[str, Any]:
        """Return what the service says of a job."""
        job = self.jobs[number]
        about = {"id": f"job-{number + 1}", "projectId": "demo-project", "location": "europe-west1"}
        names = {name: job[name] for name in ("name", "type") if name in job}
        return about | names | {"currentState": JOB_STATE, "createTime": "2025-03-27T10:00:00Z"}


@contextlib.contextmanager
def running_fake_dataflow() -> Iterator[FakeDataflow]:
    """Run the service on a free port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if fake.refuse is not None:
                code, message = fake.refuse
                self._answer(code, {"error": {"code": code, "message": message}})
                return
            fake.jobs.append(body)
            self._answer(200, fake.told(len(fake.jobs) - 1))

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rstrip("/")
            last = path.rpartition("/")[2]
            if last == "jobs":
                self._answer(200, {"jobs": [fake.told(number) for number in range(len(fake.jobs))]})
            elif last.startswith("job-"):
                self._answer(200, fake.told(int(last.removeprefix("job-")) - 1))
            else:
                self._answer(200, {})

        def _answer(self, code: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # The word localhost makes Beam's client speak plain REST.
    fake = FakeDataflow(f"http://localhost:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
