"""A TOML file becomes the checked objects of a training."""
