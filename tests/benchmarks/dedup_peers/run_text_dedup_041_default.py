"""text-dedup 0.4.1 without `check_false_positive`, its default; everything else as in `run_text_dedup_041`."""

from run_text_dedup_041 import run

run(verified=False)
