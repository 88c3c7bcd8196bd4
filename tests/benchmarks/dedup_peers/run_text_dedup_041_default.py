"""text-dedup 0.4.1 without `check_false_positive`, its default; everything else as in `run_text_dedup_041`."""

from run_text_dedup_041 import run

if __name__ == "__main__":  # its worker processes import this file again
    run(verified=False)
