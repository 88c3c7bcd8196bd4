"""A stand-in for Dataflow's REST service on loopback: takes jobs, tells of them, runs nothing."""

import contextlib
import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

JOB_STATE = "JOB_STATE_RUNNING"


@dataclasses.dataclass
class FakeDataflow:
    """`jobs` are the requests as they came, `refuse` the status and message that new ones get instead.

    `credentials` is a key file of a service account that nobody knows but the token endpoint here.
    """

    endpoint: str
    credentials: Path
    jobs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    refuse: tuple[int, str] | None = None

    def told(self, number: int) -> dict[str, Any]:
        """Return what the service says of a job: it runs."""
        job = self.jobs[number]
        about = {"id": f"job-{number + 1}", "projectId": "demo-project", "location": "europe-west1"}
        names = {name: job[name] for name in ("name", "type") if name in job}
        return about | names | {"currentState": JOB_STATE, "createTime": "2025-03-27T10:00:00Z"}


def _key_file(folder: Path, endpoint: str) -> Path:
    """Write the key of a service account whose tokens come from `endpoint`; without one, Beam looks for 30 seconds."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "key.json"
    account = {
        "type": "service_account",
        "project_id": "demo-project",
        "private_key_id": "k",
        "private_key": key.private_bytes(*form).decode(),
        "client_email": "warraq@demo-project.example",
        "client_id": "1",
        "token_uri": f"{endpoint}/token",
    }
    path.write_text(json.dumps(account))
    return path


@contextlib.contextmanager
def running_fake_dataflow(folder: Path) -> Iterator[FakeDataflow]:
    """Run the service on a free port until the block ends; the key file lies in `folder`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                self._answer(200, {"access_token": "t", "token_type": "Bearer", "expires_in": 3600})
                return
            body = json.loads(data)
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
    endpoint = f"http://localhost:{server.server_address[1]}"
    fake = FakeDataflow(endpoint, _key_file(folder, endpoint))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
