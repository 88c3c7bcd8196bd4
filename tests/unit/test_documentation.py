"""What the pages of docs/ show in Python runs, and prints what they say."""

import importlib.util

import pytest
from documentation import blocks, run_block, working_in

RUN = [block for block in blocks() if not block.needs]
ALONE = [block for block in blocks() if block.needs]


@pytest.mark.parametrize("page", sorted({block.page for block in RUN}))
def test_the_snippets_of_a_page_run_one_after_the_other_and_print_what_the_page_says(page, tmp_path):
    namespace = {"__name__": f"docs.{page}"}
    with working_in(tmp_path):
        for block in RUN:
            if block.page == page:
                assert run_block(block, namespace) == block.output, f"docs/{page}, line {block.line}"


@pytest.mark.parametrize("block", ALONE, ids=lambda block: f"{block.page}:{block.needs}")
def test_a_snippet_that_needs_a_package_of_its_own_prints_what_the_page_says(block):
    if importlib.util.find_spec(block.needs) is None:
        pytest.skip(f"{block.needs} is not installed, it is no dependency of warraq's tests")
    assert run_block(block, {"__name__": "docs"}) == block.output


def test_the_page_for_users_of_the_library_shows_each_way_and_its_results():
    page = [block for block in RUN if block.page == "library.md"]
    assert len(page) >= 8
    assert sum(bool(block.output) for block in page) >= 8
