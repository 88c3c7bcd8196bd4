"""datasketch: `MinHash.generator` and `MinHashLSH`; an article like none in the index joins it.

`query` answers with all articles that share a band, as the library's users take it by default.
"""

import protocol
from datasketch import MinHash, MinHashLSH


def main() -> None:
    out, files = protocol.arguments()
    index = MinHashLSH(threshold=protocol.THRESHOLD, num_perm=protocol.PERMUTATIONS)
    tokens = ([shingle.encode() for shingle in protocol.shingles(text)] for text in protocol.contents(files))
    removed, pairs, read = [], [], 0
    for row, sketch in enumerate(MinHash.generator(tokens, num_perm=protocol.PERMUTATIONS)):
        read += 1
        similar = index.query(sketch)
        if similar:
            removed.append(row)
            pairs.extend((other, row) for other in similar)
        else:
            index.insert(row, sketch)
    protocol.write(out, removed, read, pairs)


if __name__ == "__main__":
    main()
