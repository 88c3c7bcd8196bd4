"""The configuration as a tree of frozen dataclasses with the defaults; sections of a stage live with that stage."""

# ruff: noqa: RUF009
# (`setting` gives a dataclass field, which is what a default may be.)

import dataclasses
from collections.abc import Mapping

from transforms.core.cluster import DedupRules
from transforms.core.mapping import READY_MAPS, FieldMap
from transforms.core.normalize import NormalizeRules
from transforms.core.parse import ParsePlan, ParseRules, ScopeRules, SourceRules
from transforms.core.reading import ReadRules
from transforms.core.settings import setting
from transforms.core.tagging.tagger import TagRules

__all__ = ["Config", "EngineRules", "OutputRules", "RunRules", "StreamRules", "parse_plan"]


@dataclasses.dataclass(frozen=True)
class OutputRules:
    """How the files are written."""

    codec: str = setting(
        "zstandard",
        "Avro codec of all outputs.",
        choices=("zstandard", "snappy", "deflate", "null", "xz", "bzip2"),
    )
    shards: int = setting(
        1, "Files per partition of each table; more shards need less memory a file.", minimum=1, maximum=4096
    )


@dataclasses.dataclass(frozen=True)
class RunRules:
    """What makes a run fail."""

    max_dead_letter_share: float = setting(
        0.10,
        "Share of dead letters above which a run fails after everything is written.",
        minimum=0,
        maximum=1,
    )
    on_bug: str = setting(
        "fail",
        "A fault of warraq's own code: stop the run, or set the record aside as a dead letter.",
        choices=("fail", "set_aside"),
    )


@dataclasses.dataclass(frozen=True)
class StreamRules:
    """How a stream is cut into batches and files; batch runs have no use for it."""

    window_seconds: int = setting(
        300, "Seconds of arrival whose rows share a file.", minimum=1, maximum=86_400
    )
    window_rows: int = setting(
        20_000, "`warraq follow`: rows after which files are written before their time is up.", minimum=1
    )
    batch: int = setting(200, "Articles that are decided together, at most.", minimum=1, maximum=10_000)
    batch_seconds: float = setting(
        1.0,
        "`warraq follow`: seconds that a batch waits to be full.",
        minimum=0,
        maximum=60,
    )


@dataclasses.dataclass(frozen=True)
class EngineRules:
    """Which engine runs the graph, and its options."""

    runner: str = setting(
        "FnApiRunner", "Name of the Beam runner; see `warraq batch --help` for those allowed."
    )
    options: Mapping[str, str | int | bool] = setting(
        {}, "Further Beam options by name, as on the command line without `--`."
    )


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything a run depends on besides its inputs and its output folder."""

    read: ReadRules = setting(ReadRules(), "How files are read.")
    field_maps: Mapping[str, FieldMap] = setting(
        READY_MAPS, "Field maps for structured records; yours are added to the ready ones."
    )
    sources: Mapping[str, SourceRules] = setting({}, "What is known of each source, by its name in the data.")
    parse: ParseRules = setting(ParseRules(), "How records become articles.")
    scope: ScopeRules = setting(ScopeRules(), "Which articles are wanted.")
    normalize: NormalizeRules = setting(NormalizeRules(), "How spelling is folded.")
    dedup: DedupRules = setting(DedupRules(), "When an article is a duplicate.")
    tag: TagRules = setting(TagRules(), "What is tagged.")
    output: OutputRules = setting(OutputRules(), "How the files are written.")
    run: RunRules = setting(RunRules(), "What makes a run fail.")
    stream: StreamRules = setting(StreamRules(), "How a stream is cut into batches and files.")
    engine: EngineRules = setting(EngineRules(), "Which engine runs the graph.")


def parse_plan(config: Config) -> ParsePlan:
    """Return what the parser goes by, out of the whole configuration."""
    return ParsePlan(
        field_maps=config.field_maps,
        sources=config.sources,
        parse=config.parse,
        scope=config.scope,
        field_map=config.read.field_map,
    )
