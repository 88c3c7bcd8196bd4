"""`warraq normalize` as a filter: lines in, lines out, at once, in little memory."""

import json
import os
import resource
import subprocess
import sys
import time

import pytest
from corpus import WARRAQ

from pipelines.outcome import ExitCode
from transforms.core.normalize import fold, normalize_text

PROFILES = ("search", "dedup", "display")
LINES = (
    "أَعْلَنَتِ الهَيْئَةُ «خُطَّةً» جديدةً في ٢٠٢٥",
    "",
    "   ",
    "وصل الوفـــد إلى المدينةِ، ثم غادر!",
    "Ships & سُفُن &amp; قوارب",
    "سطر\u2028آخر\u001aوثالث",
    "😀 مَرحبًا",
)


def normalize(data, *arguments, code=0):
    if isinstance(data, str):
        data = data.encode()
    done = subprocess.run([WARRAQ, "normalize", *map(str, arguments)], input=data, capture_output=True)
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("profile", PROFILES)
def test_each_line_in_is_one_line_out(profile):
    out, err = normalize("\n".join(LINES) + "\n", "--profile", profile)
    assert out.split("\n") == [*(normalize_text(line, profile).replace("\n", " ") for line in LINES), ""]
    assert err == ""


def test_the_profile_is_search_where_none_is_named():
    assert normalize("إعلانٌ")[0] == "اعلان\n"


@pytest.mark.parametrize("profile", PROFILES)
def test_offsets_lead_from_each_code_point_back_into_the_input_line(profile):
    out, _ = normalize("\r\n".join(LINES), "--profile", profile, "--offsets")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [list(row) for row in rows] == [["text", "offsets"]] * len(LINES)
    for line, row in zip(LINES, rows, strict=True):
        text, offsets = fold(line, profile)
        assert (row["text"], row["offsets"]) == (text, offsets.tolist())
        assert len(row["text"]) == len(row["offsets"])
        assert all(0 <= place < len(line) for place in row["offsets"])


def test_newlines_that_a_text_gets_are_blanks_in_a_line_and_stay_in_json():
    line = "سطر\u2028آخر\u001aوثالث"
    assert normalize(line)[0] == "سطر اخر وثالث\n"
    assert json.loads(normalize(line, "--offsets")[0])["text"] == "سطر\nاخر\nوثالث"


@pytest.mark.parametrize(
    ("data", "lines"),
    [("", 0), ("\n", 1), ("ا", 1), ("ا\n", 1), ("ا\nب", 2), ("ا\r\nب\r\n", 2), ("\n\nا\n\n", 4)],
)
def test_a_last_line_needs_no_newline_and_none_is_invented(data, lines):
    assert normalize(data)[0].count("\n") == lines


def test_files_are_read_one_after_another_and_a_hyphen_is_standard_input(tmp_path):
    first, second = tmp_path / "1.txt", tmp_path / "2.txt"
    first.write_text("أول", "utf-8")
    second.write_text("ثالثٌ\n", "utf-8")
    assert normalize("ثانٍ\n", first, "-", second)[0] == "اول\nثان\nثالث\n"


def test_bytes_that_are_not_utf_8_are_told_with_their_line_and_what_came_before_is_written(tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes("أول\nثانٍ\nثا".encode() + b"\xc7\x20\n" + "رابع\n".encode())
    out, err = normalize(b"", path, code=ExitCode.USAGE)
    assert out == "اول\nثان\n"
    assert "old.txt, line 3: byte 5 of the line, 0xc7, is not UTF-8" in err.replace("\n", " ")
    assert "Traceback" not in err


def test_the_line_number_counts_over_all_pieces_of_a_long_input():
    data = "سطر طويل من النص\n".encode() * 20_000 + b"\xff\n"
    out, err = normalize(data, code=ExitCode.USAGE)
    assert out.count("\n") == 20_000
    assert "standard input, line 20,001: byte 1" in err


def test_a_file_that_is_not_there_is_told_before_anything_is_written(tmp_path):
    (tmp_path / "here.txt").write_text("نص\n", "utf-8")
    for missing in (tmp_path / "gone.txt", tmp_path):
        out, err = normalize(b"", tmp_path / "here.txt", missing, code=ExitCode.USAGE)
        assert out == ""
        assert "no such file" in err


def test_an_unknown_profile_is_refused():
    assert "invalid choice: 'stem'" in normalize(b"", "--profile", "stem", code=ExitCode.USAGE)[1]


def test_a_line_longer_than_any_buffer_is_one_line():
    words = 200_000
    out, _ = normalize("كلمةٌ " * words)
    assert out == " ".join(["كلمه"] * words) + "\n"


def test_a_slow_writer_gets_each_line_back_before_it_sends_the_next():
    with subprocess.Popen([WARRAQ, "normalize"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as command:
        for line, expected in (("أولٌ", "اول"), ("ثانٍ", "ثان"), ("آخر", "اخر")):
            command.stdin.write(f"{line}\n".encode())
            command.stdin.flush()
            assert command.stdout.readline().decode() == f"{expected}\n"
        command.stdin.close()
        assert command.wait(timeout=30) == 0


def test_half_a_letter_that_arrives_late_is_waited_for():
    with subprocess.Popen([WARRAQ, "normalize"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as command:
        half = "نصّ\n".encode()
        command.stdin.write(half[:3])
        command.stdin.flush()
        time.sleep(0.2)
        command.stdin.write(half[3:])
        command.stdin.close()
        assert command.stdout.read().decode() == "نص\n"


def test_a_reader_who_has_enough_is_no_fault():
    script = f"yes 'أخبار اليوم' | {WARRAQ} normalize | head -n 2; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=60)
    assert done.stdout.decode().split("\n") == ["اخبار اليوم", "اخبار اليوم", "0", ""]
    assert done.stderr == b""


def test_memory_does_not_grow_with_the_input():
    def peak_kib(lines):
        code = (
            "import resource, subprocess, sys;"
            "subprocess.run([sys.argv[1], 'normalize'], stdin=sys.stdin, stdout=subprocess.DEVNULL, check=True);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, WARRAQ],
            input="خبر قصير عن المدينة\n".encode() * lines,
            capture_output=True,
            check=True,
        )
        return int(done.stdout)

    assert peak_kib(300_000) < peak_kib(1_000) + 10_000


def test_the_command_imports_neither_beam_nor_the_configuration():
    code = (
        "import sys; from pipelines.cli import main; main(['normalize']);"
        "print(sorted({'apache_beam', 'yaml', 'fastavro', 'pipelines.config'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, check=True)
    assert done.stdout.decode() == "[]\n"


def cpu_s(*command):
    """Return the time of the processor that a command takes, the best of five."""

    def once():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, input="نص".encode(), stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(5))


def test_a_start_takes_less_than_three_tenths_of_a_second():
    # On a busy machine even Python and numpy alone take half of that: then three times these.
    assert cpu_s(WARRAQ, "normalize") < max(0.3, 3 * cpu_s(sys.executable, "-c", "import numpy"))


def test_the_locale_of_the_machine_does_not_matter():
    done = subprocess.run(
        [WARRAQ, "normalize"],
        input="إلى".encode(),
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stdout.decode()) == (0, "الي\n")
