"""Studies of accuracy, each a command of its own: `python -m benchmarks.studies.accuracy`."""
