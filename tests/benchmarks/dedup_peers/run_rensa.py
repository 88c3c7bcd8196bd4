"""rensa: `RMinHashDeduplicator.add_pairs` with LSH, as its read-me shows it, on whitespace word 5-grams."""

import protocol
from rensa import RMinHashDeduplicator


def main() -> None:
    out, files = protocol.arguments()
    deduplicator = RMinHashDeduplicator(
        threshold=protocol.THRESHOLD, num_perm=protocol.PERMUTATIONS, use_lsh=True, seed=42
    )
    keep = deduplicator.add_pairs(
        (str(row), protocol.shingles(text)) for row, text in enumerate(protocol.contents(files))
    )
    protocol.write(out, (row for row, kept in enumerate(keep) if not kept), len(keep))


if __name__ == "__main__":
    main()
