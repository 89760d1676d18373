"""What each section of a config means, in the words of the docstrings of what it describes."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnlite.config import toml
from nnlite.config.training_config import TrainingConfig
from nnlite.signature import Field, fields
from nnlite.training.early_stopping import EarlyStopping
from nnlite.training.trainer import Trainer

_ALWAYS = ("epochs", "batch_size", "learning_rate", "patience", "path", "target")
"""Keys that are explained even where they have their default."""

_PLAIN = {
    "epochs": "how often training goes through all rows",
    "batch_size": "rows a step learns from",
    "learning_rate": "how far a step goes, η in the formula",
    "momentum": "the part of the last steps that is added to a step, μ",
    "weight_decay": "how strongly weights are drawn to 0",
    "test_fraction": "the part of the rows that is kept apart, for the figures at the end",
    "validation_fraction": "the part of the rows that is looked at after each epoch, and not learnt from",
    "shuffle": "whether chance parts the rows",
    "members": "networks that are trained, each from a seed of its own; their mean is predicted",
    "metrics": "figures beside those of the loss",
}
"""Words on keys that no docstring explains, or by a letter of a formula alone."""


@dataclass(frozen=True)
class Meaning:
    """What a section means.

    Attributes:
        section: its name, such as "optimizer".
        what: what it describes, and in a sentence what that does.
        keys: for each key that is set, or decides much, its value and what it means.
    """

    section: str
    what: str
    keys: dict[str, tuple[Any, str]]


def meanings(config: TrainingConfig) -> Iterator[Meaning]:
    """The sections of a config, in order, without `[model]`, which a diagram shows."""
    document, registry = config.document, config.registry
    data = document["data"]
    source = (registry.sources | registry.parted_sources)[data["source"]]
    yield _meaning("data", source, data, fields(source), name=data["source"])
    for section in ("optimizer", "schedule"):
        if section in document:
            kind = registry.classes[document[section]["type"]]
            yield _meaning(section, kind, document[section], fields(kind))
    if "early_stopping" in document:
        yield _meaning("early_stopping", EarlyStopping, document["early_stopping"], fields(EarlyStopping), name="")
    for each in document.get("callbacks", ()):
        kind = registry.classes[each["type"]]
        yield _meaning("callbacks", kind, each, fields(kind))
    training = _meaning("training", Trainer, document["training"], fields(Trainer), name="")
    yield replace(training, what="how long training goes on, and by how many rows at a time")


def _meaning(
    section: str, thing: Any, table: Mapping[str, Any], known: Sequence[Field], name: str | None = None
) -> Meaning:
    docstring = inspect.getdoc(thing) or ""
    words = arguments(docstring) | _PLAIN
    defaults = {field.name: field.default for field in known if not field.required}
    defaults |= {"shuffle": True, "members": 1, "metrics": [], "test_fraction": 0.2, "validation_fraction": 0.1}
    shown = {
        key: (value, first_sentence(words.get(key, "")))
        for key, value in table.items()
        if key not in ("type", "source")
        and value is not None
        and (key in _ALWAYS or key.endswith("_fraction") or key not in defaults or not _same(value, defaults[key]))
    }
    name = thing.__name__ if name is None else name
    what = first_sentence(docstring)
    return Meaning(section, f"{name}: {what}" if name and what else name or what, shown)


def _same(value: Any, default: Any) -> bool:
    plain = list(default) if isinstance(default, tuple) else default
    return bool(value == plain)


def arguments(docstring: str) -> dict[str, str]:
    """What the docstring of a class or a function says of each argument.

    >>> from nnlite.explanation.meaning import arguments
    >>> arguments("What it does.\\n\\nArgs:\\n    rate: how fast\\n        it goes.\\n    a, b: two.\\n\\nRaises: no")
    {'rate': 'how fast it goes.', 'a': 'two.', 'b': 'two.'}
    """
    block = re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n(?=[ ]{4}))*)", docstring, re.M)
    found: dict[str, str] = {}
    for entry in re.finditer(r"^    (\*{0,2}\w+(?:, \w+)*): (.*(?:\n[ ]{8}.*)*)", block[1] if block else "", re.M):
        for name in entry[1].split(", "):
            found[name] = " ".join(entry[2].split())
    return found


def first_sentence(text: str) -> str:
    """The first sentence of a text, without its point.

    >>> from nnlite.explanation.meaning import first_sentence
    >>> first_sentence("The decay, such as 0.9. Another one.")
    'The decay, such as 0.9'
    """
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return re.split(r"(?<!e\.g)(?<!i\.e)\.(?:\s|$)", paragraph, maxsplit=1)[0]


def in_lines(meaning: Meaning) -> Iterator[str]:
    """A line for the section and one for each key."""
    yield f"[{meaning.section}] {meaning.what}"
    for key, (value, words) in meaning.keys.items():
        yield f"  {key} = {toml.show(value)}{f': {words}' if words else ''}"
