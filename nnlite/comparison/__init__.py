"""Runs side by side: what differs in their configs, their figures, and whether a difference may be chance."""
