"""The loop: what it is told, what it records, which weights it leaves, and how it goes on after a stop."""
