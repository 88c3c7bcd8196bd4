"""Which files of an output folder count: those of a manifest (batch), or those that commits name (stream, follow)."""

import dataclasses
from typing import Any

from pipelines.errors import ManifestError
from pipelines.manifest import FAILED, SUCCESS, read_manifest, read_marker
from pipelines.outcome import ExitCode, RunFailed
from schemas.elements import WrittenFile
from transforms.core.commits import COMMITS, Commit, decode_commit, is_commit_file
from transforms.files import OutputFolder

__all__ = [
    "check_can_grow",
    "check_can_replace",
    "commit_files",
    "grows",
    "is_output",
    "misfits",
    "published_files",
    "read_commit",
    "read_commits",
]


def commit_files(folder: OutputFolder) -> list[str]:
    """Return the paths of the commits of a folder, relative to it, by name; [] where it has none."""
    return sorted(file.uri for file in folder.files(COMMITS) if is_commit_file(file.uri))


def grows(folder: OutputFolder) -> bool:
    """Tell whether a folder has commits. Raises ManifestError for one that has a manifest too."""
    found = bool(commit_files(folder))
    if found and (folder.exists(SUCCESS) or folder.exists(FAILED)):
        message = (
            f"{folder.root} has commits of a stream and the manifest of a batch run; they do not go together"
        )
        raise ManifestError(message)
    return found


def check_can_grow(folder: OutputFolder) -> None:
    """Raise RunFailed where a stream cannot add to a folder: it is the output of a batch run."""
    if folder.exists(SUCCESS):
        message = f"{folder.root} is the output of a batch run, which a stream cannot add to; choose another"
        raise RunFailed(ExitCode.USAGE, message)


def check_can_replace(folder: OutputFolder) -> None:
    """Raise RunFailed where a batch run must not write: its sweep would remove the files that commits name."""
    if commit_files(folder):
        message = f"{folder.root} holds the commits of a stream, which a batch run would replace; choose another --output"
        raise RunFailed(ExitCode.USAGE, message)


def is_output(folder: OutputFolder) -> bool:
    """Tell whether a folder is an output folder: of a batch run, finished or failed, or one that grows."""
    if any(folder.exists(name) for name in (SUCCESS, FAILED, COMMITS)):
        return True
    return next(folder.files(COMMITS), None) is not None  # an object store has no folders that could be there


def read_commit(folder: OutputFolder, path: str) -> Commit:
    """Return the commit at a path that `commit_files` gave. Raises ManifestError where it is gone or damaged."""
    try:
        commit = decode_commit(folder.read(path))
    except (OSError, ValueError) as error:
        message = f"{path}: {error}"
        raise ManifestError(message) from error
    wrong = sorted({*misfits(commit), *(name for file in commit.files for name in misfits(file))})
    if wrong:
        message = f"{path}: it is damaged: wrong type of {', '.join(wrong)}"
        raise ManifestError(message)
    if f"{COMMITS}/{commit.name}.json" != path:  # a copy would count its records again
        message = f"{path}: it is damaged: it says that it is {commit.name!r}"
        raise ManifestError(message)
    return commit


def read_commits(folder: OutputFolder) -> tuple[Commit, ...]:
    """Return the commits of a folder, by name. Raises ManifestError for the first that is damaged."""
    return tuple(read_commit(folder, path) for path in commit_files(folder))


def published_files(folder: OutputFolder) -> tuple[WrittenFile, ...]:
    """Return the files that count: of all commits in their order, or of the live generation.

    Raises ManifestError where nothing is published, where a commit or the manifest is damaged, and for a folder that
    has both.
    """
    if grows(folder):
        return tuple(file for commit in read_commits(folder) for file in commit.files)
    marker = read_marker(folder, SUCCESS)
    if marker is None:
        why = "its run failed" if folder.exists(FAILED) else "there is neither _SUCCESS nor a commit"
        message = f"{folder.root}: nothing is published in it: {why}"
        raise ManifestError(message)
    return read_manifest(folder, int(marker["generation"])).files


def misfits(record: Any) -> list[str]:
    """Return the names of the fields of a dataclass whose value is not of the plain type (int, str) that it declares."""
    return [
        field.name
        for field in dataclasses.fields(record)
        if field.type in (int, str) and type(getattr(record, field.name)) is not field.type
    ]
