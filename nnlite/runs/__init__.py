"""A run is one training from a config, in a folder of its own: begun, stopped, gone on with, verified."""
