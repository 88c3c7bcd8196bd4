"""text-dedup 0.4.1 as its quick start shows it: word 5-grams, candidates verified; its own tokens (`\\W` splits).

Threshold and permutations are those of the other libraries (quick start: 0.7 and 240). One process. Texts of
fewer than 5 tokens are missing from its output too, so they count as removed.
"""

import json
import os
import tempfile
from pathlib import Path

import protocol


def run(*, verified: bool) -> None:
    """Deduplicate with or without `check_false_positive`, whose default is off."""
    out, files = protocol.arguments()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HF_HOME=f"{folder}/home", HF_DATASETS_OFFLINE="1")
        settings = f"""
            [input]
            input_type = "local_files"
            file_type = "json"
            [input.read_arguments]
            path = "json"
            split = "train"
            data_files = {json.dumps([os.path.abspath(file) for file in files])}
            cache_dir = "{folder}/cache"
            [algorithm]
            algorithm_name = "minhash"
            text_column = "content"
            num_perm = {protocol.PERMUTATIONS}
            threshold = {protocol.THRESHOLD}
            ngram_size = {protocol.WORDS}
            num_proc = 1
            {"check_false_positive = true" if verified else ""}
            [output]
            output_dir = "{folder}/output"
            keep_index_column = true
            [debug]
        """
        Path(folder, "config.toml").write_text(settings, encoding="utf-8")

        from datasets import load_from_disk  # reads the environment
        from text_dedup.config.base import load_config_from_toml
        from text_dedup.minhash import main

        main(load_config_from_toml(Path(folder, "config.toml")))
        kept = set(load_from_disk(f"{folder}/output")["__INDEX__"])
    # It reports no number of articles read: count the lines.
    read = sum(1 for _ in protocol.contents(files))
    protocol.write(out, set(range(read)) - kept, read)


if __name__ == "__main__":  # its worker processes import this file again
    run(verified=True)
