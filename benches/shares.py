"""Where an import's CPU time goes, stage by stage, from call stacks of `perf`.

shares.py DATA [--binary FILE] [--hertz N]

DATA should be a few hundred thousand records: every sample keeps 24 KB of stack. Needs `perf` (Debian:
linux-perf) and a binary with line tables, as the release profile has. Prints a Markdown table.
"""

import argparse
import collections
import pathlib
import subprocess
import tempfile

from measured import DEFAULT_BINARY

# The first stage that a frame belongs to, looked at from the leaf to the root.
STAGES = [
    ("flush to disk", ("sync_all", "fsync", "vfs_fsync")),
    ("write files", ("durable::",)),
    ("gunzip", ("deflate_decompress", "build_decode_table", "crc32", "gunzip")),
    ("index: tokens", ("TokenSet",)),
    ("index: filters", ("BinaryFuse", "IndexBuilder::end_block")),
    ("index: postings, file", ("IndexBuilder", "sort_by_hash", "push_list")),
    ("index: facts", ("build::index_row", "build::count")),
    ("write: Zstandard", ("ZSTD", "zstd", "HUF_", "FSE_", "HIST_")),
    ("write: Parquet encoding", ("parquet::",)),
    ("columns", ("segment::columns", "arrow_array", "arrow_buffer")),
    ("checksum of the segment", ("build::encode", "build::write_segment")),
    ("parse: keys and resources", ("resources::", "for_each_key", "push_keys", "key::key_hash")),
    ("parse: walk", ("record::walk", "token::token_hash", "for_each_token", "rebuild::")),
    ("parse: row", ("record::batch", "RowBatch")),
    ("sort, find repeats", ("write::", "PendingRows", "sort::")),
    ("hand over", ("app::pipeline",)),
    ("read: find records", ("source::scan", "source::lex", "source::text", "simdutf8")),
    ("read: files", ("source::read", "source::")),
    ("find files", ("find_inputs", "walkdir", "source::find")),
    ("compact, sweep, commit", ("compact", "sweep", "deltalake", "delta_kernel", "object_store")),
]


def stage_of(frames):
    for frame in frames:
        for stage, marks in STAGES:
            if any(mark in frame for mark in marks):
                return stage
    return "other"


def stacks(script):
    """Samples of `perf script`: the frames of each, the leaf first."""
    frames = []
    for line in script:
        address, _, symbol = line.strip().partition(" ")
        if symbol:
            frames.append(symbol)
        elif not address and frames:
            yield frames
            frames = []
    if frames:
        yield frames


def record(binary, data, hertz, folder):
    profile = folder / "perf.data"
    store = folder / "store"
    command = ["perf", "record", "--output", profile, "-F", str(hertz)]
    command += ["--call-graph", "dwarf,24576", "--", binary, "--db", store, "import", data]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    script = ["perf", "script", "--input", profile, "--no-inline", "-F", "tid,ip,sym"]
    return subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--binary", default=DEFAULT_BINARY)
    parser.add_argument("--hertz", type=int, default=999)
    arguments = parser.parse_args()
    shares, kernel, leaves = collections.Counter(), collections.Counter(), collections.Counter()
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        process = record(arguments.binary, arguments.data, arguments.hertz, pathlib.Path(folder))
        for frames in stacks(process.stdout):
            stage = stage_of(frames)
            total += 1
            shares[stage] += 1
            # Kernel functions have plain C names and stand at the leaf's end.
            in_kernel = any("entry_SYSCALL" in it or "asm_" in it for it in frames)
            kernel[stage] += in_kernel
            leaves[stage, frames[0]] += 1
    print(f"{total} samples\n")
    print("| stage | share | of it in the kernel | hottest functions |")
    print("|---|---|---|---|")
    for stage, count in shares.most_common():
        hottest = sorted(((n, leaf) for (at, leaf), n in leaves.items() if at == stage), reverse=True)
        names = ", ".join(f"`{leaf.split('::')[-1][:40]}` {n / total:.1%}" for n, leaf in hottest[:3] if n / total >= 0.002)
        print(f"| {stage} | {count / total:.1%} | {kernel[stage] / total:.1%} | {names} |")


if __name__ == "__main__":
    main()
