"""Small files that people write: their bytes, local or remote, and their text."""

from pathlib import Path

__all__ = ["decode_utf8", "read_bytes"]

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: str, limit: int) -> bytes:
    """Return at most `limit` + 1 bytes of a local file, or of one that a filesystem of Beam reaches.

    Raises OSError when the file cannot be read, whatever the filesystem's own exception is.
    """
    try:
        if "://" not in path:
            with Path(path).open("rb") as file:
                return file.read(limit + 1)
        from apache_beam.io.filesystems import FileSystems  # 1.2 s: only for those who need it

        with FileSystems.open(path) as file:
            return bytes(file.read(limit + 1))
    except OSError:
        raise
    except Exception as error:  # every storage client has exceptions of its own
        message = f"{type(error).__name__}: {error}"
        raise OSError(message) from error


def decode_utf8(data: bytes) -> tuple[str, int, int, str]:
    """Return the text, or "" with line, column and what is wrong there. A byte order mark is left out."""
    if data.startswith(_UTF16):
        return "", 1, 1, "is UTF-16; save the file as UTF-8"
    try:
        return data.decode("utf-8-sig"), 0, 0, ""
    except UnicodeDecodeError as error:
        # Positions count in what is decoded, which is without the mark.
        whole = data.removeprefix(b"\xef\xbb\xbf")
        before = whole[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return "", line, column, f"byte 0x{whole[error.start]:02x} is not UTF-8; save the file as UTF-8"
