"""Small invented corpora for end-to-end tests, and the console script as tests call it."""

import contextlib
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

from pipelines.cli import main

WARRAQ = str(Path(sys.executable).parent / "warraq")
SHARED = Path(__file__).parents[2] / "shared" / "data"

#: Tags cost two milliseconds an article; for runs whose tags nobody looks at: settings, and arguments of the console script.
UNTAGGED_SETTINGS = tuple(f"tag.{name}=false" for name in ("topics", "entities", "keyphrases"))
UNTAGGED = tuple(part for setting in UNTAGGED_SETTINGS for part in ("--set", setting))

_SUBJECTS = (
    "هيئة الموانئ",
    "وزارة الزراعة",
    "بلدية المدينة",
    "جامعة الساحل",
    "شركة النقل",
    "ادارة المرور",
    "مركز الارصاد",
)
_VERBS = ("اعلنت", "افتتحت", "اجلت", "ناقشت", "اطلقت", "مددت")
_OBJECTS = (
    "مشروع الرصيف الجديد",
    "خطة الري الحديثة",
    "برنامج التدريب الصيفي",
    "حملة السلامة العامة",
    "معرض الكتاب السنوي",
)
_PLACES = ("بيروت", "الكويت", "تونس", "دمشق", "بغداد", "القاهرة")


def body(number: int) -> str:
    """Return an invented body; bodies of different numbers differ."""
    subject, verb = _SUBJECTS[number % 7], _VERBS[number % 6]
    thing, place = _OBJECTS[number % 5], _PLACES[number // 7 % 6]
    return (
        f"{verb} {subject} الاحد {thing} في {place} رقم {number} بحضور عدد من المسؤولين والمواطنين.\n"
        f"وقال مصدر في {subject} ان العمل يستمر {number % 9 + 2} اشهر بكلفة {number * 3 + 10} الف دولار.\n"
        f"ويستفيد من {thing} نحو {number * 7 + 100} شخص في {place} وضواحيها."
    )


def record(number: int, **changes: object) -> dict[str, object]:
    """Return a structured record in the keys of the `warraq` field map."""
    value = {
        "source": f"wire{number % 3}",
        "url": f"http://example.org/{number}",
        "published": f"2025-03-{number % 4 + 1:02d}T{number % 24:02d}:00:00Z",
        "title": f"خبر رقم {number}",
        "author": "كاتب",
        "body": body(number),
    }
    return {**value, **changes}


def write_corpus(folder: Path, count: int = 120, files: int = 4) -> Path:
    """Write `count` records with some copies, repeats and bad ones, as plain and gzipped JSON Lines."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(record(number), ensure_ascii=False) for number in range(count)]
    lines += [
        json.dumps(record(number, source="copier", url="", title="منقول"), ensure_ascii=False)
        for number in range(0, count, 9)
    ]
    lines += lines[3:8]
    lines += ['{"broken": ', json.dumps({"title": "بلا نص", "body": ""})]
    for number in range(files):
        data = ("\n".join(lines[number::files]) + "\n").encode()
        if number % 2:
            (folder / f"part{number}.jsonl.gz").write_bytes(gzip.compress(data, mtime=0))
        else:
            (folder / f"part{number}.jsonl").write_bytes(data)
    return folder


def piped(
    command: str, *arguments: object, data: str | bytes | None = None, code: int = 0
) -> tuple[str, str]:
    """Run a command of the console script on standard input `data`; return what it wrote to its two outputs."""
    data = data.encode() if isinstance(data, str) else data
    done = subprocess.run([WARRAQ, command, *map(str, arguments)], input=data, capture_output=True)
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def warraq(*arguments: object, check: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the console script; assert its exit code unless `check` is None."""
    env = {**os.environ, "COLUMNS": "120", **environment}
    done = subprocess.run([WARRAQ, *map(str, arguments)], capture_output=True, text=True, env=env)
    assert check is None or done.returncode == check, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def here(*arguments: object, check: int = 0) -> tuple[str, str]:
    """Run a command in this process, a tenth of the program's time; return what it wrote to its two outputs."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as told:
        assert main([str(argument) for argument in arguments]) == check, told.getvalue()
    return out.getvalue(), told.getvalue()


def data_files(output: Path) -> dict[str, bytes]:
    """Return the data files that the live manifest names, path -> bytes."""
    marker = json.loads((output / "_SUCCESS").read_text())
    manifest = json.loads((output / marker["manifest"]).read_text())
    return {file["path"]: (output / file["path"]).read_bytes() for file in manifest["files"]}


def all_data_files(output: Path) -> set[str]:
    """Return every data file that lies in the folder, named by a manifest or not."""
    return {path.relative_to(output).as_posix() for path in output.rglob("*.avro")}


def accounting(output: Path) -> dict[str, object]:
    """Return the accounting of the newest report."""
    return json.loads((output / "report.json").read_text())["accounting"]


def final_decisions(folder: Path) -> list[tuple[object, ...]]:
    """Return the fold of an output folder as `inspect --final` prints it: what batch and streams have in common."""
    rows = warraq("inspect", folder, "--final", "--jsonl").stdout.splitlines()
    fields = ("article_id", "kept", "relation", "parent_id", "root_id")
    return [tuple(row[field] for field in fields) for row in map(json.loads, rows)]
