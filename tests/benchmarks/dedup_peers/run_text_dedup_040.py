"""text-dedup 0.4.0: its own command `python -m text_dedup.minhash`, in one process, with its own tokens (`\\W` splits).

Word 5-grams are its default; threshold and permutations are those of the other libraries (its own: 0.7 and 250).
Texts of fewer than 5 tokens are missing from its output too, so they count as removed.
"""

import os
import tempfile
from pathlib import Path

import protocol


def main() -> None:
    out, files = protocol.arguments()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HF_HOME=f"{folder}/home", HF_DATASETS_OFFLINE="1")
        Path(folder, "input").mkdir()
        for number, file in enumerate(files):  # its option takes one name or pattern, no list
            Path(folder, "input", f"{number:05}.jsonl.gz").symlink_to(Path(file).resolve())
        options = {
            "path": "json",
            "data_files": f"{folder}/input/*.jsonl.gz",
            "split": "train",
            "cache_dir": f"{folder}/cache",
            "output": f"{folder}/output",
            "column": "content",
            "ngram": protocol.WORDS,
            "threshold": protocol.THRESHOLD,
            "num_perm": protocol.PERMUTATIONS,
            "num_proc": 1,
        }

        from text_dedup import minhash  # reads the environment

        minhash.main([f"--{name}={value}" for name, value in options.items()], standalone_mode=False)

        from datasets import load_from_disk

        kept = len(load_from_disk(f"{folder}/output"))

    # Its output has no row numbers: they come from its union-find and from its own length rule.
    removed, read = [], 0
    for row, text in enumerate(protocol.contents(files)):
        read += 1
        if len(minhash.NON_ALPHA.split(text.lower())) < 5 or minhash.uf.find(row) != row:
            removed.append(row)
    if read - len(removed) != kept:
        raise SystemExit(f"it kept {kept} articles, its clusters say {read - len(removed)}")
    protocol.write(out, removed, read)


if __name__ == "__main__":
    main()
