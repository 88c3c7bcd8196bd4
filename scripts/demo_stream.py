"""The stream on one machine, end to end: a feed server, poll, Pub/Sub (a fake), follow, and a table that grows.

`make demo-stream` runs it on the bundled sample, in under a minute. Everything listens on loopback only and ends with it.
"""

import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from xml.sax.saxutils import escape

from rich.console import Console
from rich.live import Live
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from pubsub import running_fake  # noqa: E402 (lies with the tests)

from pipelines.final import final_rows  # noqa: E402
from pipelines.published import grows, read_commits  # noqa: E402
from transforms.files import OutputFolder  # noqa: E402

WARRAQ = str(Path(sys.executable).parent / "warraq")
_MOST_SECONDS = 50


def feed_of(articles: list[dict]) -> bytes:
    """Return an RSS feed of articles."""
    items = "".join(
        f"<item><title>{_xml(one['title'])}</title><link>{_xml(one['url'])}</link><guid>{number}</guid>"
        f"<description>{_xml(one['body'])}</description></item>"
        for number, one in enumerate(articles)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>demo</title>{items}</channel></rss>'.encode()


def _xml(text: str) -> str:
    """Return a text as XML may hold it: the sample has control characters, which it may not."""
    return escape("".join(letter for letter in text if letter >= " " or letter in "\n\t"))


def sample() -> list[dict]:
    """Return the articles of the sample that `warraq batch` keeps or drops, by way of a batch run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            WARRAQ,
            "batch",
            "--input",
            str(ROOT / "tests/sample/inputs"),
            "--output",
            folder,
            "--quiet",
        ]
        subprocess.run([*command, "--set", "dedup.threshold=1"], check=True)
        rows = subprocess.run(
            [WARRAQ, "inspect", folder, "--jsonl"], check=True, capture_output=True, text=True
        ).stdout.splitlines()
    return [
        {
            "title": row["title"],
            "url": f"http://demo.example/{row['article_id']}",
            "body": row["text"][row["body_start"] :],
        }
        for row in map(json.loads, rows)
    ]


def main() -> int:
    """Run the demo and return the exit code."""
    console = Console()
    output = ROOT / "out" / "demo-stream"
    subprocess.run(["rm", "-rf", str(output)], check=True)
    articles = sample()
    page = feed_of(articles)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/feed.xml":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as state, running_fake() as fake:
        topic, subscription = fake.pair(ack_deadline=60)
        feeds = Path(state, "feeds.yaml")
        feeds.write_text(
            f"version: 1\nfeeds:\n  - id: demo\n    url: http://127.0.0.1:{server.server_port}/feed.xml\n"
            "    allow_addresses: [127.0.0.0/8]\n"
        )
        console.print(f"feed server → warraq poll → Pub/Sub fake → warraq follow → {output}")
        poll = [WARRAQ, "poll", "--feeds", str(feeds), "--to", f"pubsub:{topic}", "--state", f"{state}/poll"]
        subprocess.run([*poll, "--once", "--quiet"], check=True)
        follow = subprocess.Popen(
            [
                WARRAQ,
                "follow",
                "--subscription",
                subscription,
                "--output",
                str(output),
                "--quiet",
                "--set",
                "stream.window_seconds=2",
                "--set",
                "parse.default_source=demo",
            ]
        )
        try:
            show(OutputFolder(str(output)), len(articles), console)
        finally:
            follow.terminate()
            follow.wait(30)
    server.shutdown()
    return subprocess.run([WARRAQ, "verify", str(output)], check=False).returncode


def show(folder: OutputFolder, wanted: int, console: Console) -> None:
    """Show what has been written, until everything is there."""
    end = time.monotonic() + _MOST_SECONDS
    with Live(console=console, refresh_per_second=4) as live:
        while time.monotonic() < end:
            if Path(folder.root).exists() and grows(folder):
                records = sum(commit.records_in for commit in read_commits(folder))
                live.update(table(folder, records))
                if records >= wanted:
                    return
            time.sleep(0.5)


def table(folder: OutputFolder, records: int) -> Table:
    """Return the table of the last decisions."""
    rows = list(final_rows(folder))
    shown = Table(title=f"{records} messages, {len(rows)} articles, {sum(row['kept'] for row in rows)} kept")
    for name in ("kept", "relation", "similarity", "title"):
        shown.add_column(name)
    for row in [row for row in rows if not row["kept"]][:6] + [row for row in rows if row["kept"]][:6]:
        similarity = "" if row["similarity"] is None else f"{row['similarity']:.2f}"
        shown.add_row("yes" if row["kept"] else "no", row["relation"], similarity, row["title"])
    return shown


if __name__ == "__main__":
    sys.exit(main())
