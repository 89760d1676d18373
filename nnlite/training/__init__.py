"""The loop: its settings, what it records, which weights it leaves, and how it goes on after a stop."""
