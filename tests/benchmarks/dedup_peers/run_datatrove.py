"""datatrove: its four MinHash stages with the default `MinhashConfig`, local executor, one worker, files on disk.

The language is Standard Arabic, as its users would set it: spaCy's Arabic word rules after its own simplification
(numbers masked, punctuation and marks out). Word 5-grams, 14 buckets of 8 hashes are its defaults.
"""

import gzip
import json
import tempfile
from pathlib import Path

import protocol
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def main() -> None:
    out, files = protocol.arguments()
    config = MinhashConfig()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "input").mkdir()
        for number, file in enumerate(files):
            Path(folder, "input", f"{number:05}.jsonl.gz").symlink_to(Path(file).resolve())
        reader = JsonlReader(f"{folder}/input", text_key="content")
        stages = [
            [reader, MinhashDedupSignature(f"{folder}/signatures", config, language="arb_Arab")],
            [MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)],
            [MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config)],
            [
                reader,
                MinhashDedupFilter(f"{folder}/remove", exclusion_writer=JsonlWriter(f"{folder}/removed")),
            ],
        ]
        for number, stage in enumerate(stages):
            tasks = config.num_buckets if number == 1 else 1
            LocalPipelineExecutor(stage, tasks=tasks, workers=1, logging_dir=f"{folder}/logs{number}").run()
        # An article's default id is FILE/LINE; the reader skips empty bodies but counts their lines.
        lines = [sum(1 for _ in protocol.contents([file])) for file in files]
        removed = []
        for path in Path(folder, "removed").iterdir():
            with gzip.open(path, "rt", encoding="utf-8") as stream:
                for line in stream:
                    name, _, place = json.loads(line)["id"].rpartition("/")
                    removed.append(sum(lines[: int(Path(name).name[:5])]) + int(place))
    protocol.write(out, removed, sum(lines))


if __name__ == "__main__":
    main()
