"""A batch whose input, output and index lie in a bucket, on this machine and over the real client of Cloud Storage."""

import hashlib
import json

import pytest
from corpus import UNTAGGED, here
from gcs import BUCKET

ROOT = f"gs://{BUCKET}"


@pytest.fixture(scope="module")
def published(cloud):
    here(
        "batch",
        "--input",
        f"{ROOT}/in/*",
        "--output",
        f"{ROOT}/out",
        "--index",
        f"{ROOT}/index",
        *UNTAGGED,
        "--quiet",
    )
    return cloud[1]


def names(bucket, folder):
    return {blob.name for blob in bucket.list_blobs(prefix=folder)}


def final(place):
    """Return the decisions on every article, without the addresses of the inputs."""
    fields = "article_id,kept,relation,parent_id,root_id,source"
    return here("inspect", place, "--final", "--jsonl", "--fields", fields)[0]


def test_the_result_is_that_of_a_local_run_and_every_file_is_as_the_manifest_says(
    published, corpus, tmp_path
):
    here("batch", "--input", corpus, "--output", tmp_path / "out", *UNTAGGED, "--quiet")
    assert final(f"{ROOT}/out") == final(tmp_path / "out") != ""
    local = json.loads((tmp_path / "out" / "report.json").read_text())["accounting"]
    assert json.loads(published.blob("out/report.json").download_as_bytes())["accounting"] == local
    marker = json.loads(published.blob("out/_SUCCESS").download_as_bytes())
    for file in json.loads(published.blob(f"out/{marker['manifest']}").download_as_bytes())["files"]:
        data = published.blob(f"out/{file['path']}").download_as_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]


def test_the_commands_read_a_bucket(published):
    _, told = here("verify", f"{ROOT}/out")
    assert "in 30 = articles 20 + duplicates 8 + dead letters 1 + filtered 1" in told
    rows, _ = here("inspect", f"{ROOT}/out", "--table", "articles", "--jsonl", "--fields", "title")
    assert "خبر رقم 1" in rows
    _, told = here("index", "check", f"{ROOT}/index")
    assert "23 articles" in told


def test_a_second_run_replaces_the_first_and_leaves_no_litter(published):
    before = names(published, "out/")
    here("batch", "--input", f"{ROOT}/in/*.gz", "--output", f"{ROOT}/out", *UNTAGGED, "--quiet")
    after = names(published, "out/")
    marker = json.loads(published.blob("out/_SUCCESS").download_as_bytes())
    assert marker["generation"] == 2
    manifest = json.loads(published.blob(f"out/{marker['manifest']}").download_as_bytes())
    live = {f"out/{file['path']}" for file in manifest["files"]}
    assert {name for name in after if name.endswith(".avro")} == live
    assert any(name.endswith(".avro") and name not in after for name in before)
    here("verify", f"{ROOT}/out")
