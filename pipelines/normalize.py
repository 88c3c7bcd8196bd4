"""`warraq normalize`: lines in, the same lines in one spelling out, as a filter in a pipe.

What has arrived is written before more is waited for, so a slow or typed input is answered line by line.
Memory holds one piece of the input and the longest line.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pipelines.outcome import ExitCode, RunFailed
from transforms.core.normalize import fold, normalize_text

__all__ = ["STDIN", "run_normalize"]

#: Name of standard input among the files.
STDIN = "-"
_PIECE_BYTES = 1 << 16


def run_normalize(
    files: Sequence[str], *, profile: str, offsets: bool, out: BinaryIO | None = None
) -> ExitCode:
    """Write each line of `files` (none: standard input) in `profile` to `out` (default: standard output).

    A line ends with LF or CRLF; whatever else parts lines is text. One line in is one line out: newlines
    that a text gets (of U+2028, U+001A and the like) are blanks. With `offsets` a line is a JSON object of
    `text`, newlines kept, and `offsets`: for each code point of it, the code point of the input line.
    A reader who closes the pipe is no fault. Raises RunFailed for a file that cannot be read and for a
    line that is not UTF-8; the lines before it are written.
    """
    names = list(files) or [STDIN]
    for name in names:
        if name != STDIN and not (Path(name).exists() and not Path(name).is_dir()):
            raise RunFailed(ExitCode.USAGE, f"{name}: no such file")
    line_of = _with_offsets if offsets else _alone
    out = sys.stdout.buffer if out is None else out
    try:
        for name in names:
            for lines in _lines(name):
                _write(name, lines, lambda text: line_of(text, profile), out)
    except BrokenPipeError:
        # What is still buffered has nowhere to go; without this the interpreter would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.OK


def _alone(text: str, profile: str) -> str:
    return normalize_text(text, profile).replace("\n", " ")


def _with_offsets(text: str, profile: str) -> str:
    folded = fold(text, profile)
    row = {"text": folded.text, "offsets": folded.offsets.tolist()}
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _write(
    name: str, lines: Iterator[tuple[int, bytes]], change: Callable[[str], str], out: BinaryIO
) -> None:
    """Write the lines that have arrived, and flush them."""
    try:
        out.writelines(change(_decode(name, number, line)).encode("utf-8") + b"\n" for number, line in lines)
    finally:
        out.flush()


def _decode(name: str, number: int, line: bytes) -> str:
    try:
        return line.removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        where = "standard input" if name == STDIN else name
        message = (
            f"{where}, line {number:,}: byte {error.start + 1:,} of the line, 0x{line[error.start]:02x}, is not "
            "UTF-8; the lines before it are written (convert the file, e.g. iconv -f windows-1256 -t utf-8)"
        )
        raise RunFailed(ExitCode.USAGE, message) from error


def _lines(name: str) -> Iterator[Iterator[tuple[int, bytes]]]:
    """Yield the whole lines that each read completes, with their numbers from 1. Raises RunFailed."""
    number = 1
    for pieces in _whole_lines(name):
        lines = pieces.split(b"\n")
        yield enumerate(lines, number)
        number += len(lines)


def _whole_lines(name: str) -> Iterator[bytes]:
    """Yield what each read completes, up to and without its last LF; at the end what is left."""
    begun: list[bytes] = []
    try:
        # Unbuffered: a read returns what has arrived, where a buffered one would wait for more.
        source = 0 if name == STDIN else name
        with open(source, "rb", buffering=0, closefd=name != STDIN) as file:
            while piece := file.read(_PIECE_BYTES):
                whole, newline, rest = piece.rpartition(b"\n")
                if newline:
                    yield b"".join([*begun, whole])
                    begun = [rest] if rest else []
                else:
                    begun.append(piece)
    except OSError as error:
        raise RunFailed(ExitCode.USAGE, f"{name}: cannot be read: {error.strerror or error}") from error
    if begun:
        yield b"".join(begun)
