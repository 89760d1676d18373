"""A terminal of a given size, in which a test runs a command."""

import fcntl
import os
import struct
import subprocess
import termios
from collections.abc import Sequence


def run_in_terminal(command: Sequence[str], columns: int = 80, rows: int = 24) -> tuple[int, list[str]]:
    """Runs a command in a terminal; returns its exit code, and all lines that stood there, overwritten ones too."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        said = b""
        try:
            while chunk := os.read(ours, 65536):
                said += chunk
        except OSError:  # Linux's way of saying that the other end is closed
            pass
        os.close(ours)
    return process.returncode, said.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")
