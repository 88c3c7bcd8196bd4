"""The stages of warraq as transforms of Beam YAML (`type: python` providers; see docs/beam-yaml.md).

Each takes the sections of warraq's configuration that it goes by, under the same keys, and is checked by the same code.
Beam YAML's conventions hold: `error_handling: {output: NAME}` gives what is refused as an output of that name, and
without it the first refused record stops the run; `outputs: [NAME, …]` gives further outputs of a stage. Everything but the
articles themselves is rows with a schema, and `MakeRows` makes rows of the articles too.
"""

import os
from collections.abc import Mapping
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines.config import config_sha256
from pipelines.config_tree import parse_plan
from pipelines.published import check_can_replace
from pipelines.publishing import CountOrigins, PublishTables
from pipelines.tagging import load_rules
from pipelines.yaml_stage import SIDES, RecordRefused, Wired, YamlStage, label
from schemas.elements import (
    Article,
    ArticleBatch,
    NormalizedArticle,
    RawRecord,
    TaggedBatch,
    WrittenFile,
)
from transforms import deduplicate, normalize, parse, read, rows, tag
from transforms.core.flat_rows import columns_of
from transforms.core.normalize import profile_of
from transforms.files import OutputFolder, find_files, is_remote
from transforms.gather import GatherArticles
from transforms.write import Tables

__all__ = [
    "DeduplicateArticles",
    "MakeRows",
    "NormalizeArticles",
    "ParseArticles",
    "ReadArticles",
    "RecordRefused",
    "TagArticles",
    "WriteArticles",
]


def _place(path: str) -> str:
    """Return the one name of a path, however it was written and wherever the pipeline was built."""
    return path if is_remote(path) else os.path.abspath(path)  # noqa: PTH100 (also folds `..`)


class ReadArticles(YamlStage):
    """Read every record of files in any form and compression that warraq knows.

    Args:
      path: A file, folder or glob, or a list of them; each must match a file when the pipeline is built.
      allow_empty: Run even where one matches none.
      read: The section `read` of the configuration.
      config_file: A configuration file to begin with.
      outputs: `inputs` gives a row per file.
      error_handling: Where what cannot be read goes.
    """

    arguments = ("path", "allow_empty", "config_file")
    sections = ("read",)
    sides = ("inputs",)
    refuses = True

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        path = self.own["path"]
        paths = [path] if isinstance(path, str) else path
        if not isinstance(paths, list) or not paths or not all(isinstance(one, str) and one for one in paths):
            self.fault("path", "give a file, folder or glob, or a list of them")
        self._paths = tuple(map(_place, paths))
        for one in self._paths:
            if not self.own["allow_empty"] and not self._matches(one):
                self.fault(
                    "path", f"{one} matches no file; check it, or give allow_empty: true to run on nothing"
                )

    def _matches(self, path: str) -> bool:
        try:
            return bool(find_files([path]))
        except OSError as error:
            self.fault("path", str(error))

    def wire(self, elements: Any) -> Wired:
        """Return the stage wired to its input. Raises ValueError or TypeError where that is something else."""
        found = elements | "ReadFiles" >> read.ReadArticleFiles(self._paths, self.config.read)
        return Wired(found.records, found.refused, {"inputs": found.inputs})


class ParseArticles(YamlStage):
    """Parse records to articles, or rows: each a record by its columns, or a message in the column `payload`.

    Args:
      id_column: The column of rows that names them: its value stands in `uri` (`rows#ID`), so what is told of a row can be joined to it.
      parse, scope, sources, field_maps, read: Sections of the configuration; of `read`, `field_map` and what holds for messages.
      config_file: A configuration file to begin with.
      outputs: `filtered` gives the articles out of scope.
      error_handling: Where records go that are no articles.
    """

    arguments = ("id_column", "config_file")
    sections = ("parse", "scope", "sources", "field_maps", "read")
    sides = ("filtered",)
    refuses = True

    def wire(self, elements: Any) -> Wired:
        """Return the stage wired to its input. Raises ValueError or TypeError where that is something else."""
        records, refused = elements, []
        columns = rows.columns_there(elements) if isinstance(elements, PCollection) else ()
        if columns:
            id_column = self.own["id_column"] or ""
            if id_column and id_column not in columns:
                raise ValueError(f"id_column: there is no column {id_column}; there are {', '.join(columns)}")
            found = elements | "ReadRows" >> rows.ReadRows(
                self.config.read, self.config.field_maps, self.on_bug, id_column
            )
            records, refused = found.records, [found.refused]
        self.check(records, RawRecord)
        parsed = records | "Parse" >> parse.ParseArticles(parse_plan(self.config), self.on_bug)
        all_refused = (parsed.refused, *refused) | "GatherRefused" >> beam.Flatten()
        return Wired(parsed.ok, all_refused, {"filtered": parsed.filtered})


class NormalizeArticles(YamlStage):
    """Fold the spelling of articles for comparing.

    Args:
      normalize: The section of the configuration.
      config_file: A configuration file to begin with.
      error_handling: Where articles go on which warraq itself fails.
    """

    sections = ("normalize",)
    refuses = True

    def wire(self, elements: Any) -> Wired:
        """Return the stage wired to its input. Raises ValueError or TypeError where that is something else."""
        self.check(elements, Article)
        folded = elements | "Fold" >> normalize.NormalizeArticles(self.config.normalize, self.on_bug)
        return Wired(folded.ok, folded.refused, {})


class DeduplicateArticles(YamlStage):
    """Drop repeats, copies and near duplicates. Input must be bounded.

    Args:
      dedup, sources, normalize, output: Sections of the configuration; of `output`, `shards`. `normalize` must be that of NormalizeArticles.
      config_file: A configuration file to begin with.
      outputs: `duplicates` gives what is dropped, with its evidence; `relations` what else articles have to do with each other.
    """

    sections = ("dedup", "sources", "normalize", "output")
    sides = ("duplicates", "relations")

    def wire(self, elements: Any) -> Wired:
        """Return the stage wired to its input. Raises ValueError or TypeError where that is something else."""
        self.check(elements, NormalizedArticle)
        self.check_bounded(elements)
        config = self.config
        version = profile_of("dedup", config.normalize.without).version
        decided = (
            elements
            | "CheckProfile" >> beam.Map(_same_profile, version).with_output_types(NormalizedArticle)
            | "Decide"
            >> deduplicate.DeduplicateArticles(
                config.dedup, config.sources, config.output.shards, config.normalize
            )
        )
        sides = {"duplicates": decided.duplicates, "relations": decided.relations}
        return Wired(decided.ok, None, sides)


def _same_profile(article: NormalizedArticle, version: str) -> NormalizedArticle:
    if article.rules_version != version:
        raise ValueError(
            f"articles were normalised as {article.rules_version}, DeduplicateArticles compares as {version}:"
            " give both the same section `normalize`"
        )
    return article


class TagArticles(YamlStage):
    """Tag articles, deduplicated or not.

    Args:
      tag, sources, output: Sections of the configuration; the last two only for articles that are not deduplicated.
      config_file: A configuration file to begin with.
      error_handling: Where articles go on which warraq itself fails.
    """

    sections = ("tag", "sources", "output")
    refuses = True

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._user_rules = load_rules(self.config.tag)

    def wire(self, elements: Any) -> Wired:
        """Return the stage wired to its input. Raises ValueError or TypeError where that is something else."""
        self.check(elements, ArticleBatch, NormalizedArticle)
        batches = elements
        if elements.element_type is NormalizedArticle:
            self.check_bounded(elements)
            gather = GatherArticles(self.config.sources, self.config.output.shards)
            batches = elements | "Gather" >> gather
        tagged = batches | "Tag" >> tag.TagArticles(self.config.tag, self._user_rules, self.on_bug)
        return Wired(tagged.ok, tagged.refused, {})


class MakeRows(YamlStage):
    """Make rows of articles, at any stage after parsing, for Beam's own transforms.

    Args:
      of: `articles` (a row each), or `tags`, `dates`, `figures`, `quotes` in them.
    """

    arguments = ("of",)

    def wire(self, elements: Any) -> Wired:
        """Return the stage wired to its input. Raises ValueError or TypeError where that is something else."""
        self.check(elements, Article, NormalizedArticle, ArticleBatch, TaggedBatch)
        made = elements | "Make" >> rows.MakeRows(self.own["of"] or "articles")
        return Wired(made, None, {})


_FILE_COLUMNS = {"path": str, "table": str, "rows": int, "size_bytes": int, "sha256": str}


def _file_row(file: WrittenFile) -> Any:
    return beam.Row(**{name: getattr(file, name) for name in _FILE_COLUMNS})


def _in_shards(batch: TaggedBatch, shards: int) -> TaggedBatch:
    if batch.shard >= shards:
        raise ValueError(
            f"articles were cut into more than {shards} shards: give WriteArticles and DeduplicateArticles (or TagArticles)"
            " the same `output: {shards: …}`"
        )
    return batch


class WriteArticles(YamlStage):
    """Write an output folder as `warraq batch` does, and publish it in one step.

    One input is the tagged articles. By name there may be `articles`, `duplicates`, `relations`, `refused`, `filtered` and
    `inputs`; with `inputs` the records must add up, or nothing is published and the run fails; without, what comes here is
    what was read. Gives a row per file.

    Args:
      path: The output folder.
      output, run: Sections of the configuration; of `run`, `max_dead_letter_share`.
      config_file: The configuration file of all stages: rows then carry its hash.
    """

    arguments = ("path", "config_file")
    sections = ("output", "run")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        path = self.own["path"]
        if not isinstance(path, str) or not path.strip():
            self.fault("path", "give the output folder")
        self._root = _place(path)
        check_can_replace(OutputFolder(self._root))

    def wire(self, elements: Any) -> Wired:
        """Return the stage wired to its input. Raises ValueError or TypeError where that is something else."""
        inputs = elements if isinstance(elements, Mapping) else {"articles": elements}
        known = ("articles", *SIDES)
        for name in inputs:
            if name not in known:
                raise ValueError(f"WriteArticles has no input {name}; there are {', '.join(known)}")
        if "articles" not in inputs:
            raise ValueError("WriteArticles wants the input `articles`, what TagArticles gives")
        articles = inputs["articles"]
        self.check(articles, TaggedBatch)
        self.check_bounded(articles)
        sides = {
            name: self._restored(name, element, inputs.get(name), articles.pipeline)
            for name, element in SIDES.items()
            if name in inputs or name != "inputs"
        }
        check = beam.Map(_in_shards, self.config.output.shards)
        checked = articles | "CheckShards" >> check.with_output_types(TaggedBatch)
        rest = (sides["duplicates"], sides["refused"], sides["filtered"])
        read_files = sides.get("inputs") or (checked, *rest) | "CountOrigins" >> CountOrigins()
        tables = Tables(
            checked,
            sides["duplicates"],
            sides["relations"],
            sides["refused"],
            sides["filtered"],
            read_files,
        )
        files = tables | "Publish" >> PublishTables(
            self._root,
            self.config.output,
            self.config.run,
            config_sha256(self.config) if self.own["config_file"] else "",
        )
        written = files | "RowsOfFiles" >> beam.Map(_file_row).with_output_types(rows.row_type(_FILE_COLUMNS))
        return Wired(written, None, {})

    def _restored(self, name: str, element: type, found: Any, pipeline: beam.Pipeline) -> PCollection[Any]:
        """Return the elements of a side input, none where it is not there."""
        if found is None:
            none = beam.Create([], reshuffle=False).with_output_types(element)
            nothing: PCollection[Any] = pipeline | label("None", name) >> none
            return nothing
        lacking = set(columns_of(element)) - set(rows.columns_there(found))
        if lacking:
            raise ValueError(f"the input {name} lacks columns of that output: {', '.join(sorted(lacking))}")
        restored: PCollection[Any] = found | label("Restore", name) >> rows.RowsToElements(element)
        return restored
