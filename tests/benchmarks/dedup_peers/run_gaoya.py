"""gaoya: `MinHashStringIndex` with its own whitespace word 5-grams; an article like none in the index joins it."""

import protocol
from gaoya.minhash import MinHashStringIndex


def main() -> None:
    out, files = protocol.arguments()
    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=protocol.THRESHOLD,
        num_bands=None,
        band_size=None,
        num_hashes=protocol.PERMUTATIONS,
        analyzer="word",
        ngram_range=(protocol.WORDS, protocol.WORDS),
    )
    removed, pairs, read = [], [], 0
    for row, text in enumerate(protocol.contents(files)):
        read += 1
        similar = index.query(text)
        if similar:
            removed.append(row)
            pairs.extend((other, row) for other in similar)
        else:
            index.insert_document(row, text)
    protocol.write(out, removed, read, pairs)


if __name__ == "__main__":
    main()
