import json

import pytest

from pipelines.commit import OutputLocked, hold, next_generation, sweep
from pipelines.manifest import ManifestError, marker, read_manifest, read_marker
from transforms.files import OutputFolder


@pytest.fixture
def folder(tmp_path):
    return OutputFolder(str(tmp_path / "out"))


def lay(folder, *paths):
    for path in paths:
        folder.write(path, b"x", run="r")


def test_an_empty_folder_has_no_generation(folder):
    assert next_generation(folder) == 1
    assert read_marker(folder) is None


def test_litter_of_a_killed_run_is_removed_and_foreign_files_stay(folder):
    part = "articles/date=2025-03-27/source=a/part-00000-of-00001-0123456789abcdef.avro"
    lay(
        folder,
        part,
        ".warraq-tmp/run/0a1b",
        "articles/notes.txt",
        "mine/part-00000-of-00001-0123456789abcdef.avro",
        "_manifests/000001.json",
    )
    removed = sweep(folder)
    assert set(removed) == {part, ".warraq-tmp/run/0a1b", "_manifests/000001.json"}
    assert folder.exists("articles/notes.txt")
    assert folder.exists("mine/part-00000-of-00001-0123456789abcdef.avro")


def test_an_output_held_by_one_run_is_refused_to_another(folder):
    with hold(folder), pytest.raises(OutputLocked, match="another run"), hold(folder):
        pass
    with hold(folder):
        pass


def test_a_damaged_marker_or_manifest_is_told(folder):
    lay(folder, "_SUCCESS", "_manifests/000001.json")
    with pytest.raises(ManifestError, match="damaged"):
        read_marker(folder)
    with pytest.raises(ManifestError, match="damaged"):
        read_manifest(folder, 1)
    with pytest.raises(ManifestError, match="missing"):
        read_manifest(folder, 2)


def test_a_marker_of_another_format_is_told(folder):
    folder.write("_SUCCESS", json.dumps({"format": "other/9"}).encode(), run="r")
    with pytest.raises(ManifestError, match="not a marker"):
        read_marker(folder)


def test_files_of_a_user_among_the_manifests_stay(folder):
    lay(folder, "_manifests/notes.txt", "_manifests/000007.json", "_manifests/000007.report.json")
    assert set(sweep(folder)) == {"_manifests/000007.json", "_manifests/000007.report.json"}


def test_a_failed_marker_that_is_older_than_the_live_generation_is_stale(folder):
    folder.write_json("_SUCCESS", marker(3, ""), run="r")
    folder.write_json("_FAILED", marker(2, ""), run="r")
    assert read_marker(folder, "_FAILED") is None
    folder.write_json("_FAILED", marker(4, ""), run="r")
    assert read_marker(folder, "_FAILED")["generation"] == 4
