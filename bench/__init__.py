"""The benchmarks: `python -m bench` measures everything side by side and writes `bench/results.md`."""
