"""Prints the results of attn-run --json as one table: a row per form."""

import json
import sys


def size(count):
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def row(path):
    with open(path, encoding="utf-8") as file:
        run = json.load(file)
    time, check, scratch = run["time"], run["check"], run["scratch"]
    return (
        run["form"],
        f"{time['best_s'] * 1e3:.1f} ms",
        f"{time['gflops']:.1f}",
        f"{time['share_of_peak'] * 100:.0f} %",
        size(scratch["stack_bytes"] + scratch["heap_bytes"]),
        f"{check['max_error']:.1e}",
    ), time["peak_gflops"]


def main():
    rows, peaks = zip(*(row(path) for path in sys.argv[2:]))
    header = ("form", "time", "GFLOP/s", "of FMA peak", "scratch memory", "max error")
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    print(f"{sys.argv[1]}, one thread, FMA peak {max(peaks):.0f} GFLOP/s")
    for line in (header, *rows):
        print("  " + "  ".join(cell.rjust(width) if i else cell.ljust(width)
                               for i, (cell, width) in enumerate(zip(line, widths))))


if __name__ == "__main__":
    main()
