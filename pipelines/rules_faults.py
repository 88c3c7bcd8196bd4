"""The faults of a rules file beyond types: kept once, each at the key or the line that is at fault."""

from collections.abc import Callable

from pipelines.config_build import Path, dotted
from pipelines.rules_build import RulesBuilder
from pipelines.yaml_nodes import shown

__all__ = ["FaultKeeper"]


class FaultKeeper:
    """Puts faults beside those of the builder that read the file; it knows the places."""

    def __init__(
        self, path: str, builder: RulesBuilder, read_list: Callable[[str], tuple[str, bytes]]
    ) -> None:
        """`read_list` gives path and bytes of a list by its name in the file; it raises OSError or ValueError."""
        self._path = path
        self._builder = builder
        self._read_list = read_list
        self._mistyped = tuple({fault.path for fault in builder.faults})

    @property
    def count(self) -> int:
        """How many faults there are."""
        return len(self._builder.faults)

    def place_of(self, path: Path) -> str:
        """Return where a key, or what holds it, stands."""
        return self._builder.place_of(path, f"{self._path}:1:1")

    def paths(self, path: Path) -> list[Path]:
        """Return the paths of the tables in the list at `path`."""
        return [(*path, name) for name in self._builder.names.get(path, [])]

    def given(self, path: Path) -> bool:
        """Tell whether a key stands in the file."""
        return path in self._builder.places

    def keys(self, path: Path) -> frozenset[str]:
        """Return the keys that the table at `path` has in the file."""
        return frozenset(key[-1] for key in self._builder.places if key and key[:-1] == path)

    def add(self, path: Path, message: str) -> None:
        """Keep a fault of a key, unless its value could not be read at all: then it would only follow from that."""
        name = dotted(path)
        if not any(not old or name == old or name.startswith(f"{old}.") for old in self._mistyped):
            self._builder.fault(self.place_of(path), path, message)

    def in_list(self, path: Path) -> Callable[[str, str], None]:
        """Return what takes place and message of faults in the list that the key at `path` names."""
        return lambda place, message: self._builder.fault(place, path, message)

    def required(self, path: Path, value: str, what: str) -> bool:
        """Tell whether a key has a text; if not, it is a fault."""
        if value.strip():
            return True
        self.add(path, f"is empty; give {what}" if self.given(path) else f"is missing; give {what}")
        return False

    def read(self, path: Path, name: str) -> tuple[str, bytes] | None:
        """Return path and bytes of the list that a key names, None where that is a fault."""
        try:
            return self._read_list(name)
        except OSError as error:
            self.add(path, f"{shown(name)} cannot be read: {error.strerror or error}")
        except ValueError as error:  # too large, or a name that no file can have
            self.add(path, f"{shown(name)} cannot be read: {error}")
        return None
