"""What a comparison found: as lines while it runs, as a page for docs/benchmarks.md."""
import os
import platform
import sys
import time
from pathlib import Path

CLIENTS = 1000
STORMS = "\n## Storms\n"  # where the page of tests/bench/storms begins
SATURATED = 0.95
CASES = {
    "hit-2k": "hits, 2 KiB, 64 connections",
    "hit-20k": "hits, 20 KiB, 64 connections",
    "hit-200k": "hits, 200 KiB, 64 connections",
    "304": "If-None-Match of a stored 2 KiB response",
    "latency": "2 KiB hits at half of the server's own peak rate, open loop",
    "miss": "misses that are stored, 2 KiB, unique paths",
    "pass": "misses that may not be stored, 2 KiB, unique paths",
    "flood": f"{CLIENTS} clients on one cold key, 256 KiB over 1 s",
}
# DESIGN's numbers: case, whose rate (disk: larder without a memory tier), peer, least ratio to the peer's.
REACH = [("hit-2k", "larder", "nginx", 1.25), ("hit-2k", "larder", "varnish", 2.5),
         ("hit-2k", "larder", "haproxy", 1.2), ("hit-2k", "larder", "bare", 0.85),
         ("hit-200k", "larder", "nginx", 1.0), ("hit-2k", "disk", "nginx", 0.8), ("hit-200k", "disk", "nginx", 1.0),
         ("miss", "larder", "nginx", 0.7), ("pass", "larder", "nginx", 0.7)]


def machine():
    models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return {"cpu": models[0] if models else platform.processor(), "cores": os.cpu_count(),
            "kernel": platform.release(), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def storms_of(page):
    """What tests/bench/storms wrote last, which is kept."""
    _, found, rest = page.read_text().partition(STORMS) if page.exists() else ("", "", "")
    return found + rest


def show(case, results):
    print(f"\n{case}: {CASES[case]}")
    told = {name: result["median"] for name, result in results.items() if "median" in result}
    for name, line in told.items():
        if case == "flood":
            print(f"  {name:8} {line['origin_asked']:7.0f} fetches   first byte {line['first_ms_median']:.0f} ms median, "
                  f"{line['first_ms_worst']:.0f} ms worst   last byte {line['last_ms_worst']:.0f} ms")
            continue
        ratio = ""
        if case != "latency" and "larder" in told and name != "larder":
            ratio = f"   larder is {told['larder']['rate'] / line['rate']:.2f} x"
        print(f"  {name:8} {line['rate']:9.0f}/s   p50 {line['p50_us']:7.1f} us   p99 {line['p99_us']:8.1f} us"
              f"   server {line['server_busy']:.0%}{busy(line)}{ratio}")
    for name, result in results.items():
        if "failed" in result:
            print(f"  {name:8} no result: {result['failed']}")
    sys.stdout.flush()


def busy(line):
    """How busy the load generator's core was, and whether it was what held the server back."""
    if "load_busy" not in line:
        return ""
    total = line["load_busy"] + line["origin_busy"]
    held = total > SATURATED and line["server_busy"] < SATURATED
    return f" ({line['rate_per_core']:.0f} a core)   load {line['load_busy']:.0%} + origin {line['origin_busy']:.0%}{' (the load core was the limit)' if held else ''}"


def goals(cases):
    """(case, what was measured, what was to be reached, whether it was) of each number of DESIGN."""
    for case, own, peer, least in REACH:
        rates = [_median(cases, case, name).get("rate") for name in (own, peer)]
        if all(rates):
            ratio = rates[0] / rates[1]
            yield case, f"{'from disk: ' if own == 'disk' else ''}{ratio:.2f} x {peer}", f"at least {least:.2f}", ratio >= least
    if line := _median(cases, "latency", "larder"):
        yield ("latency", f"p50 {line['p50_us']:.0f} us, p99 {line['p99_us']:.0f} us", "below 100 us, 1000 us",
               line["p50_us"] < 100 and line["p99_us"] < 1000)
    if line := _median(cases, "flood", "larder"):
        yield "flood", f"{line['origin_asked']:.0f} fetches", "at most 1", line["origin_asked"] <= 1


def _median(cases, case, name):
    return cases.get(case, {}).get(name, {}).get("median", {})


def reached(cases):
    """What was to be reached, and what was."""
    print("\nto reach:")
    for case, measured, wanted, good in goals(cases):
        print(f"  {case:9} {measured:28} {wanted:22} {'yes' if good else 'NO'}")


def markdown(told):
    """The same as a page, for docs/benchmarks.md."""
    machine, lines = told["machine"], []
    lines += ["# Measured side by side", "",
              f"By `tests/bench/compare` at {machine['time']} on {machine['cores']} cores of {machine['cpu']}, Linux "
              f"{machine['kernel']}; medians of {told['rounds']} rounds of {told['seconds']} s. Only the ratios travel to "
              "other machines; what the cases are and how they are run is told in [hacking.md](hacking.md).",
              "", "| case | measured | to reach | reached |", "|---|---|---|---|"]
    lines += [f"| {case} | {measured} | {wanted} | {'yes' if good else '**no**'} |"
              for case, measured, wanted, good in goals(told["cases"])]
    for case, results in told["cases"].items():
        lines += ["", f"## {case}: {CASES[case]}", "", *(_flood_table if case == "flood" else _rate_table)(results)]
    return "\n".join(lines) + "\n"


def _rate_table(results):
    yield "| server | requests/s | p50 µs | p99 µs | server busy | load + origin busy | larder is |"
    yield "|---|---|---|---|---|---|---|"
    own = results.get("larder", {}).get("median", {}).get("rate")
    for name, result in results.items():
        if "failed" in result:
            yield f"| {name} | {result['failed']} | | | | | |"
            continue
        line = result["median"]
        beside = f"{line['load_busy'] + line['origin_busy']:.0%}" if "load_busy" in line else ""
        ratio = f"{own / line['rate']:.2f} x" if own and name != "larder" and "load_busy" in line else ""
        yield (f"| {name} | {line['rate']:.0f} | {line['p50_us']:.0f} | {line['p99_us']:.0f} | {line['server_busy']:.0%} "
               f"| {beside} | {ratio} |")


def _flood_table(results):
    yield "| server | fetches | first byte, median ms | first byte, worst ms | last byte, worst ms |"
    yield "|---|---|---|---|---|"
    for name, result in results.items():
        line = result.get("median")
        yield (f"| {name} | {line['origin_asked']:.0f} | {line['first_ms_median']:.0f} | {line['first_ms_worst']:.0f} "
               f"| {line['last_ms_worst']:.0f} |" if line else f"| {name} | {result['failed']} | | | |")
