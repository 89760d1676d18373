"""Errors and warnings about a data file name keys of a config; on the command line they name its options instead."""

import argparse
import re
import shlex

_OPTIONS = (
    (r"\bsay header = false", "say --no-header"),
    (r"\bsay header = true", "leave --no-header out"),
    (r"(\bset |\bsay )(another )?(predictor\.(?:table|reader)\.)?(delimiter|encoding)\b(?! =)", r"say \2--\4"),
    (r'\b(predictor\.(?:table|reader)\.)?encoding = "(\S+)" (\(.*?\)) or "(\S+)"', r"--encoding \2 \3 or \4"),
    (r'\b(predictor\.(?:table|reader)\.)?encoding = "(\S+)"', r"--encoding \2"),
    (r'\bsay task = "regression"', "say data.task=regression"),
)


_TEXT = r'"(?:[^"\\]|\\.)*"'
_KEYS = re.compile(rf"\bsay (missing|group) = (\[(?:{_TEXT}(?:, )?)*\]|{_TEXT})")
"""A text as JSON writes it, or a list of texts, any of which may have brackets."""


def in_options(text: str, options: argparse.Namespace) -> str:
    """The message of an error or a warning, as it helps the user of a command.

    Args:
        text: the message, which says what to do in a config or in Python.
        options: the command's; it stays as it is for a command that takes no data file, or was given a config.

    >>> import argparse
    >>> from nnlite.cli.advice import in_options
    >>> in_options("if something else parts the cells, say delimiter", argparse.Namespace(delimiter=None))
    'if something else parts the cells, say --delimiter'
    """
    from nnlite.config.own_table import is_data

    config = getattr(options, "config", None)
    if "delimiter" not in options or (config is not None and not is_data(config)):
        return text
    for said, option in _OPTIONS:
        text = re.sub(said, option, text)
    return _KEYS.sub(lambda found: f"say {shlex.quote(f'data.{found[1]}={found[2]}')}", text)
