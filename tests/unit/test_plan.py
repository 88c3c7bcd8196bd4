import json

import pytest
from plan_corpora import write_news

from pipelines.config import load_config
from pipelines.errors import UsageError
from pipelines.outcome import ExitCode, RunFailed
from pipelines.plan import PlanRequest, make_plan
from pipelines.plan_sample import scan
from pipelines.plan_view import plan_json
from transforms.files import find_files

#: Tags take most of the time and change no count.
SETTINGS = ["tag.topics=false", "tag.entities=false", "tag.keyphrases=false"]
CONFIG = load_config(None, SETTINGS)


def plan_of(folder, **changes):
    return make_plan(PlanRequest(CONFIG, (str(folder),), **changes))


def holds(estimate, truth):
    return estimate.low <= truth <= estimate.high


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan") / "news"
    return folder, write_news(folder)


@pytest.fixture(scope="module")
def sampled(news):
    return plan_of(news[0], sample=200)


def test_ranges_from_a_sample_hold_the_truth(news, sampled):
    amounts, truth = sampled.figures.amounts, news[1]
    assert amounts["records"].is_exact
    assert amounts["records"].likely == truth["records"]
    for door in ("articles", "duplicates", "filtered", "dead_letters"):
        assert holds(amounts[door], truth.get(door, 0)), door
    assert not amounts["duplicates"].is_exact
    assert abs(sampled.figures.shares["duplicate"].likely - truth["duplicates"] / truth["records"]) < 0.04


def test_copies_are_drawn_with_their_originals(news, sampled):
    # Of records drawn one by one the same share of the duplicates would have met their originals as was drawn.
    drawn = len(sampled.scan.drawn) / news[1]["records"]
    found = sum(sampled.reasons["duplicate"].values())
    assert found > 2 * drawn * drawn * news[1]["duplicates"]
    assert sampled.reasons["duplicate"]["exact"] > 0
    assert sampled.reasons["duplicate"]["near"] > 0


def test_a_sample_that_holds_everything_counts_instead_of_guessing(news):
    plan = plan_of(news[0], sample=10_000)
    truth = news[1]
    for door in ("articles", "duplicates", "filtered"):
        assert plan.figures.amounts[door].is_exact
        assert plan.figures.amounts[door].likely == truth[door]
    assert plan.figures.growth is None


def test_the_sample_is_the_same_every_time_and_whatever_order_files_are_named_in(news):
    folder, _ = news
    files = find_files([str(folder)])
    one = scan(files, CONFIG, 150, 0)
    again = scan(find_files([str(folder / "day1*.jsonl"), str(folder)]), CONFIG, 150, 0)
    assert [drawn.record.origin for drawn in one.drawn] == [drawn.record.origin for drawn in again.drawn]
    assert 150 <= len(one.drawn) <= 160
    assert len({drawn.record.origin.uri for drawn in one.drawn}) == 20


def test_an_input_larger_than_the_limit_is_read_in_parts_and_the_ranges_are_wider(news, sampled):
    folder, truth = news
    size = sum(file.size_bytes for file in find_files([str(folder)]))
    plan = plan_of(folder, sample=200, scan_bytes=size // 4)
    read = sum(chunk.stored_bytes for chunk in plan.scan.chunks)
    assert not plan.scan.whole
    assert plan.scan.windows == 4
    assert size / 5 < read < size / 2
    amounts = plan.figures.amounts
    assert holds(amounts["records"], truth["records"])
    assert not amounts["records"].is_exact
    assert holds(amounts["duplicates"], truth["duplicates"])
    wide, narrow = plan.figures.shares["duplicate"], sampled.figures.shares["duplicate"]
    assert wide.high - wide.low > narrow.high - narrow.low
    assert any("of the input was read" in note for note in plan.notes)
    assert any("neighbours within the horizon" in note for note in plan.notes)


def test_one_large_file_is_read_in_part(tmp_path):
    truth = write_news(tmp_path / "news", days=28, a_day=200)
    whole = b"".join(path.read_bytes() for path in sorted((tmp_path / "news").iterdir()))
    (tmp_path / "one.jsonl").write_bytes(whole)
    plan = plan_of(tmp_path / "one.jsonl", sample=100, scan_bytes=len(whole) // 3)
    assert plan.scan.windows == 1
    assert plan.scan.records < truth["records"] / 2
    assert holds(plan.figures.amounts["records"], truth["records"])
    assert holds(plan.figures.amounts["bytes_decompressed"], len(whole))


def test_a_larger_corpus_of_this_kind_costs_more_of_everything(news, sampled):
    small, large = (plan_of(news[0], sample=100, articles=count) for count in (10_000, 1_000_000))
    for name in ("bytes_on_disk", "bytes_decompressed", "articles", "output_bytes", "shuffled_bytes"):
        assert large.figures.amounts[name].likely > 50 * small.figures.amounts[name].likely, name
    assert large.figures.amounts["records"].likely == 1_000_000
    assert large.seconds.likely > small.seconds.likely > sampled.seconds.likely
    share = large.figures.shares["duplicate"]
    assert share.low <= sampled.figures.shares["duplicate"].likely <= share.high


def test_a_service_has_a_cost_and_this_machine_has_memory(news, sampled):
    service = plan_of(news[0], sample=50, runner="DataflowRunner", workers=8)
    assert service.cost.dollars.low > 0
    assert service.memory is None
    assert service.workers == 8
    assert sampled.cost is None
    assert sampled.memory.low > 0


def test_an_engine_that_was_not_measured_has_no_run_time(news):
    plan = plan_of(news[0], sample=50, runner="FlinkRunner")
    assert plan.seconds is None
    assert any("FlinkRunner" in note for note in plan.notes)


def test_workers_of_the_configuration_count():
    from pipelines.engine import ENGINES
    from pipelines.plan import _configured_workers

    def workers(engine, *settings):
        return _configured_workers(load_config(None, list(settings)), ENGINES[engine])

    assert workers("FnApiRunner") == 1
    assert workers("DataflowRunner") == 4
    assert workers("DataflowRunner", "engine.options.max_num_workers=32") == 32
    assert workers("FnApiRunner", "engine.options.direct_num_workers=3") == 3


def test_the_largest_partition_and_too_many_dead_letters_are_told(tmp_path):
    write_news(tmp_path / "news", days=2)
    (tmp_path / "news" / "bad.jsonl").write_text('{"broken": \n' * 60)
    plan = plan_of(tmp_path / "news")
    assert plan.figures.largest.partition.startswith("date=2025-03-0")
    assert plan.reasons["dead_letter"] == {"bad_json": 60}
    assert any("run.max_dead_letter_share" in note for note in plan.notes)


def test_an_empty_file_makes_an_empty_plan(tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    plan = plan_of(tmp_path)
    assert plan.figures.amounts["records"].likely == 0
    assert json.dumps(plan_json(plan, PlanRequest(CONFIG, (str(tmp_path),))))


def test_what_cannot_be_planned_is_said(tmp_path):
    with pytest.raises(RunFailed, match="matches no file") as none:
        plan_of(tmp_path / "nothing")
    assert none.value.code is ExitCode.NO_INPUT
    with pytest.raises(RunFailed, match="no filesystem") as remote:
        plan_of("nowhere://bucket/news")
    assert remote.value.code is ExitCode.USAGE
    with pytest.raises(UsageError, match="DaskRunner is refused"):
        plan_of(tmp_path, runner="DaskRunner")
