"""What every quality gate needs: the shared data, and a digest that pins which data a floor was measured on."""

import hashlib
from pathlib import Path

import pytest
from corpus import SHARED

__all__ = ["SHARED", "digest_of", "needs"]


def needs(*names: str) -> list[pytest.MarkDecorator]:
    """Return the marks of tests that need files or folders of the shared data: they skip, with the reason, elsewhere."""
    missing = [name for name in names if not (SHARED / name).exists()]
    return [
        pytest.mark.data,
        pytest.mark.skipif(bool(missing), reason=f"the shared data lacks {', '.join(missing)}"),
    ]


def digest_of(*names: str) -> str:
    """Return 12 hex digits of a SHA-256 over the names and bytes of files, and of all files in folders."""
    digest = hashlib.sha256()
    for name in names:
        path = SHARED / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                data = Path(file).read_bytes()
                digest.update(f"{file.relative_to(SHARED)}\0{len(data)}\0".encode())
                digest.update(data)
    return digest.hexdigest()[:12]
