"""Which files of an output folder count: those of a manifest (batch), or those that commits name (stream, follow)."""

from pipelines.errors import ManifestError
from pipelines.manifest import FAILED, SUCCESS, read_manifest, read_marker
from schemas.elements import WrittenFile
from transforms.core.commits import COMMITS, Commit, decode_commit, is_commit_file
from transforms.files import OutputFolder

__all__ = ["grows", "published_files", "read_commits"]


def grows(folder: OutputFolder) -> bool:
    """Tell whether a folder has commits. Raises ManifestError for one that has a manifest too."""
    found = any(is_commit_file(file.uri) for file in folder.files(COMMITS))
    if found and (folder.exists(SUCCESS) or folder.exists(FAILED)):
        message = (
            f"{folder.root} has commits of a stream and the manifest of a batch run; they do not go together"
        )
        raise ManifestError(message)
    return found


def read_commits(folder: OutputFolder) -> tuple[Commit, ...]:
    """Return the commits of a folder, by name. Raises ManifestError for a damaged one."""
    found: list[Commit] = []
    for path in sorted(file.uri for file in folder.files(COMMITS) if is_commit_file(file.uri)):
        try:
            found.append(decode_commit(folder.read(path)))
        except ValueError as error:
            message = f"{folder.full(path)}: {error}"
            raise ManifestError(message) from error
    return tuple(found)


def published_files(folder: OutputFolder) -> tuple[WrittenFile, ...]:
    """Return the files that count. Raises ManifestError where nothing is published or something is damaged."""
    if grows(folder):
        return tuple(file for commit in read_commits(folder) for file in commit.files)
    marker = read_marker(folder, SUCCESS)
    if marker is None:
        message = f"{folder.root} is no output folder: there is neither _SUCCESS nor a commit"
        raise ManifestError(message)
    return read_manifest(folder, int(marker["generation"])).files
