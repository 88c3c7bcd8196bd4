"""One input file, as bytes, to records: what it is, where its records begin, and what is wrong with it."""

import dataclasses

from transforms.core.settings import setting

__all__ = ["ReadRules"]


@dataclasses.dataclass(frozen=True)
class ReadRules:
    """How files are read. Sizes are bytes of decompressed data unless said otherwise."""

    max_record_bytes: int = setting(8 << 20, "Largest record; a longer one becomes a dead letter.", minimum=1024)
    max_expansion: int = setting(
        200, "A compressed file may grow by this factor (but always to 64 MiB) before it is refused.", minimum=2
    )
    empty_files: str = setting(
        "note", "What a file of zero bytes is: noted in inputs/, or refused.", choices=("note", "refuse")
    )
    encoding: str = setting(
        "auto",
        "Encoding of text, JSON and CSV files.",
        choices=("auto", "utf-8", "utf-16", "windows-1256", "iso-8859-6"),
    )
    field_map: str = setting("auto", "Name of the field map for structured records; auto chooses by the keys.")
