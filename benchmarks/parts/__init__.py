"""The parts of `python -m benchmarks`, one a file."""
