import os

import pytest

from transforms.files import OutputFolder, find_files, open_raw


@pytest.fixture
def tree(tmp_path):
    for name in (
        "a.txt",
        "b.jsonl",
        "sub/c.txt",
        "sub/deep/d.csv",
        ".hidden.txt",
        "_SUCCESS",
        "e.txt.tmp",
        "f.part",
        "sub/.git/g.txt",
        "odd[1].txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def names(tree, *patterns):
    return [
        file.uri.removeprefix(f"{tree}/")
        for file in find_files([str(tree / pattern) for pattern in patterns])
    ]


def test_a_folder_means_everything_below_it_but_hidden_and_unfinished_files(tree):
    assert names(tree, "") == ["a.txt", "b.jsonl", "odd[1].txt", "sub/c.txt", "sub/deep/d.csv"]


def test_two_stars_cross_folders_and_one_does_not(tree):
    assert names(tree, "*.txt") == ["a.txt", "odd[1].txt"]
    assert names(tree, "**/*.csv") == ["sub/deep/d.csv"]
    assert names(tree, "sub/**") == ["sub/c.txt", "sub/deep/d.csv"]


def test_a_file_that_two_patterns_match_is_found_once(tree):
    assert names(tree, "a.txt", "*.txt", "").count("a.txt") == 1


def test_a_file_named_in_full_is_read_whatever_its_name(tree):
    assert names(tree, ".hidden.txt", "e.txt.tmp", "odd[1].txt") == [".hidden.txt", "e.txt.tmp", "odd[1].txt"]


def test_what_is_not_there_matches_nothing(tree):
    assert names(tree, "nothing*", "no/such/folder") == []


def test_sizes_are_stored_sizes(tree):
    (found,) = find_files([str(tree / "a.txt")])
    assert found.size_bytes == 5


def test_a_written_file_appears_whole_and_replaces_the_old_one(tmp_path):
    folder = OutputFolder(str(tmp_path))
    folder.write("x/y.bin", b"old", run="r")
    folder.write("x/y.bin", b"new", run="r")
    assert folder.read("x/y.bin") == b"new"
    assert [file.uri for file in folder.files(".warraq-tmp")] == []


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", ""])
def test_no_path_leads_out_of_the_output_folder(tmp_path, path):
    with pytest.raises(ValueError, match="no path inside"):
        OutputFolder(str(tmp_path)).write(path, b"", run="r")


def test_deleting_removes_folders_left_empty_but_not_the_root(tmp_path):
    folder = OutputFolder(str(tmp_path / "out"))
    folder.write("a/b/c.bin", b"1", run="r")
    folder.delete(["a/b/c.bin", "never/there"])
    assert not (tmp_path / "out" / "a").exists()
    assert (tmp_path / "out").is_dir()


def test_a_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        OutputFolder(str(tmp_path)).read("nothing")


def test_a_name_that_is_not_utf8_is_found_and_opened(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xc7\xe1.txt"
    with open(name, "wb") as out:
        out.write(b"text")
    (found,) = find_files([str(tmp_path)])
    found.uri.encode("utf-8")
    with open_raw(found.uri) as stream:
        assert stream.read(10) == b"text"


def test_what_is_no_file_is_not_found(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    assert find_files([str(tmp_path)]) == []
    assert find_files([str(tmp_path / "pipe.jsonl")]) == []
