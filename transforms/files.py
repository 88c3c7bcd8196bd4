"""Files through Beam's filesystems: finding inputs, and an output folder with atomic writes.

Local files appear under their final name only when complete (temporary name, fsync, rename); object
stores make an object visible only when it is closed, so there the final name is written directly.
"""

import dataclasses
import fnmatch
import json
import os
import re
import shutil
import urllib.parse
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

__all__ = [
    "TEMP_FOLDER",
    "FoundFile",
    "OutputFolder",
    "can_reach",
    "find_files",
    "is_data_file",
    "is_remote",
    "open_raw",
    "path_of",
]

#: Everything unfinished lies under this folder of the output.
TEMP_FOLDER = ".warraq-tmp"

#: Only files of this shape are ever removed: a user's own files in the folder are left alone.
_DATA_FILE = re.compile(
    r"(?:part-\d{5}-of-\d{5}-[0-9a-f]{16}|w\d{8}t\d{6}z-p\d{3,}(?:-[0-9a-f]{8})?-s\d{5}|r\d{9}-s\d{5})\.avro"
)
_BYTES = "bytes:"
_GLOB = re.compile(r"[*?\[]")
#: Unfinished or hidden files that a pattern or folder never means; a file named in full is always read.
_SKIPPED = ("_*", ".*", "*.tmp", "*.part", "*.partial", "*.crdownload", "*.swp", "*~")


@dataclasses.dataclass(frozen=True, order=True)
class FoundFile:
    """An input file and its stored size in bytes."""

    uri: str
    size_bytes: int


def is_data_file(path: str) -> bool:
    """Tell whether a file has a name that `transforms.write` gives."""
    return _DATA_FILE.fullmatch(path.rpartition("/")[2]) is not None


def is_remote(path: str) -> bool:
    """Tell whether a path names another filesystem than the local one."""
    return "://" in path


def can_reach(path: str) -> bool:
    """Tell whether Beam here has a filesystem for a path (`gs://` needs the extra `gcp`)."""
    try:
        FileSystems.get_filesystem(path)
    except ValueError:
        return False
    return True


def find_files(patterns: Sequence[str]) -> list[FoundFile]:
    """Return the files that paths, folders and globs (`**` crosses folders) match, each once, sorted by name.

    Hidden and unfinished files (`.x`, `_x`, `*.tmp`, `*.part` …) are left out unless named in full, and so
    is everything below a hidden folder. Raises OSError where a filesystem cannot be asked.
    """
    found: dict[str, FoundFile] = {}
    for pattern in patterns:
        for metadata in _match(pattern):
            if metadata.path == pattern or not _is_skipped(metadata.path, pattern):
                uri = _uri_of(metadata.path)
                found[uri] = FoundFile(uri, metadata.size_in_bytes)
    return sorted(found.values())


def _match(pattern: str) -> list[Any]:
    if not is_remote(pattern):
        path = Path(pattern)
        if path.is_dir():
            pattern = f"{_escape(str(path))}/**"
        elif path.exists():
            # A name that holds glob characters is still a name.
            return [_Metadata(pattern, path.stat().st_size)] if path.is_file() else []
    elif pattern.endswith("/"):
        pattern = f"{pattern}**"
    try:
        matches = FileSystems.match([pattern])[0].metadata_list
    except (BeamIOError, ValueError) as error:
        msg = f"{pattern}: {error}"
        raise OSError(msg) from error
    if matches or not is_remote(pattern) or _GLOB.search(pattern):
        return [m for m in matches if is_remote(pattern) or Path(m.path).is_file()]
    return list(FileSystems.match([f"{pattern}/**"])[0].metadata_list)


@dataclasses.dataclass(frozen=True)
class _Metadata:
    path: str
    size_in_bytes: int


def _escape(path: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", path)


def _is_skipped(path: str, pattern: str) -> bool:
    """Judge only the segments that the pattern left open: the user may well work below a hidden folder."""
    fixed = 0
    for given in PurePosixPath(pattern).parts:
        if _GLOB.search(given):
            break
        fixed += 1
    open_parts = PurePosixPath(path).parts[fixed:]
    return any(fnmatch.fnmatchcase(part, skipped) for part in open_parts for skipped in _SKIPPED)


def _uri_of(path: str) -> str:
    """Return a name that any coder and file can hold: a local name that is not UTF-8 goes as `bytes:` and its escapes."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return _BYTES + urllib.parse.quote_from_bytes(os.fsencode(path))
    return path


def path_of(uri: str) -> str:
    """Return the name by which the system opens what `find_files` found."""
    if uri.startswith(_BYTES):
        return os.fsdecode(urllib.parse.unquote_to_bytes(uri.removeprefix(_BYTES)))
    return uri


def open_raw(uri: str) -> Any:
    """Open a file for reading its stored bytes: no decompression by name. Raises OSError."""
    try:
        return FileSystems.open(path_of(uri), compression_type=CompressionTypes.UNCOMPRESSED)
    except BeamIOError as error:
        raise OSError(str(error)) from error


class OutputFolder:
    """The output folder of a run, local or on an object store. Paths given and returned are relative to it."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/") or "/"
        self.remote = is_remote(root)

    def full(self, path: str) -> str:
        """Return the full name of a relative path; refuses a path that would leave the folder (ValueError)."""
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts:
            message = f"{path!r} is no path inside the output folder"
            raise ValueError(message)
        return f"{self.root}/{path}"

    def write(self, path: str, data: bytes, *, run: str) -> None:
        """Write a whole file so that its name appears only with all of its bytes; an old file is replaced.

        `run` names the run whose litter an interrupted write is. Raises OSError when anything fails: a
        swallowed rename is how rows go missing.
        """
        target = self.full(path)
        if self.remote:
            try:
                with FileSystems.create(target, compression_type=CompressionTypes.UNCOMPRESSED) as out:
                    out.write(data)
            except BeamIOError as error:
                raise OSError(str(error)) from error
            return
        temporary = Path(self.root, TEMP_FOLDER, run, uuid.uuid4().hex)
        temporary.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(target)

    def write_json(self, path: str, value: Any, *, run: str, in_order: bool = False) -> bytes:
        """Write `value` as readable JSON (Arabic as letters; keys sorted, or as they come) and return the bytes written."""
        data = (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=not in_order) + "\n").encode(
            "utf-8"
        )
        self.write(path, data, run=run)
        return data

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises FileNotFoundError or another OSError."""
        if not self.remote:
            return Path(self.full(path)).read_bytes()
        if not FileSystems.exists(self.full(path)):
            raise FileNotFoundError(self.full(path))
        with open_raw(self.full(path)) as stream:
            data: bytes = stream.read()
            return data

    def exists(self, path: str) -> bool:
        """Tell whether a file of that name is there."""
        return bool(FileSystems.exists(self.full(path)))

    def files(self, folder: str) -> Iterator[FoundFile]:
        """Yield the files below a sub-folder, any depth, paths relative to the output folder, unsorted."""
        if self.remote:
            for metadata in FileSystems.match([f"{self.full(folder)}/**"])[0].metadata_list:
                yield FoundFile(metadata.path[len(self.root) + 1 :], metadata.size_in_bytes)
            return
        for path in Path(self.full(folder)).rglob("*"):
            if path.is_file():
                yield FoundFile(path.relative_to(self.root).as_posix(), path.stat().st_size)

    def delete(self, paths: Iterable[str]) -> None:
        """Remove files; those already gone are no fault. Locally, folders left empty go too."""
        for path in paths:
            full = self.full(path)
            if self.remote:
                FileSystems.delete([full])
                continue
            Path(full).unlink(missing_ok=True)
            self._prune(Path(full).parent)

    def clear(self, folder: str) -> list[str]:
        """Remove everything below a sub-folder, and locally the folder itself; return the files removed."""
        removed = [file.uri for file in self.files(folder)]
        self.delete(removed)
        if not self.remote:
            shutil.rmtree(self.full(folder), ignore_errors=True)
        return removed

    def _prune(self, folder: Path) -> None:
        root = Path(self.root)
        while folder != root and root in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent
