"""Runs a command, and prints its wall time and peak memory as JSON: python stopwatch.py COMMAND …

Linux counts what the starting process occupied as the started one's, so a small process has to do the starting;
this one imports next to nothing.
"""

import json
import os
import subprocess
import sys
import time


def main() -> int:
    """Returns the command's own exit code."""
    started = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    print(json.dumps({"seconds": seconds, "MiB": usage.ru_maxrss * unit / 2**20}))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
