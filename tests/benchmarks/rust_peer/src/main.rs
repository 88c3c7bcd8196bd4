//! Time the crate `arabic-normalize` without Python: one pass over the texts for every line read from stdin.
//!
//! The texts come from a file of (length as u32 little-endian, UTF-8 bytes); each pass answers with its CPU seconds.

use arabic_normalize::Normalizer;
use std::hint::black_box;
use std::io::{stdin, BufRead};

extern "C" {
    fn clock_gettime(clock: i32, time: *mut [i64; 2]) -> i32;
}

/// CPU seconds of this process: the clock of Python's `time.process_time` (CLOCK_PROCESS_CPUTIME_ID is 2 on Linux).
fn cpu_seconds() -> f64 {
    let mut time = [0i64; 2];
    // SAFETY: the kernel fills a timespec, two 64-bit integers on 64-bit Linux.
    assert_eq!(unsafe { clock_gettime(2, &mut time) }, 0);
    time[0] as f64 + time[1] as f64 * 1e-9
}

fn main() {
    let path = std::env::args().nth(1).expect("the file of the texts");
    let data = std::fs::read(path).expect("cannot read the texts");
    let mut texts: Vec<&str> = Vec::new();
    let mut rest = &data[..];
    while rest.len() >= 4 {
        let (length, tail) = rest.split_at(4);
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        let (text, tail) = tail.split_at(length);
        texts.push(std::str::from_utf8(text).expect("not UTF-8"));
        rest = tail;
    }
    println!(r#"{{"what": "crate arabic-normalize 0.1.0", "wrong": null}}"#);
    let normalizer = Normalizer::search();
    for _ in stdin().lock().lines() {
        let started = cpu_seconds();
        for text in &texts {
            black_box(normalizer.normalize(black_box(text)));
        }
        println!("{}", cpu_seconds() - started);
    }
}
