"""What has changed since a run was begun: in its config, plug-ins, data and environment."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from nnlite.config import toml
from nnlite.config.training_config import TrainingConfig, check
from nnlite.data.npz import is_path
from nnlite.errors import ConfigError, DataError
from nnlite.runs import environment
from nnlite.runs.folder import RunFolder
from nnlite.saving import checkpoint
from nnlite.signature import fields
from nnlite.text import cut_where_they_differ
from nnlite.training.estimation import estimating
from nnlite.training.trainer import Trainer

_OF_ROWS = ("rows", "data_sha256", "names_sha256")
_OF_RECIPE = ("config_sha256", "plugins_sha256")
_NEWER = ("names_sha256", "numpy_simd", *_OF_RECIPE)
"""Keys of the environment that older runs have not recorded."""

_WITH_TODAYS_RULES = "numpy_simd"
"""A key that environments have since the rules of training were last changed, in November 2026."""

_NOTHING = object()


def check_same_config(folder: RunFolder, config: TrainingConfig, found: checkpoint.Checkpoint | None) -> None:
    """Raises `ConfigError`, with what was changed, unless the run in the folder has this config and its plug-ins.

    Args:
        folder: the run folder.
        config: the config to go on with.
        found: the run's newest checkpoint. Without one the run's config file tells what it was to train.
    """
    if changes := config_changes(folder, config, found):
        lines = "".join(f"\n  {change}" for change in changes)
        raise ConfigError(
            f"the run in {folder} has another config, so it cannot go on with this one:{lines}\nresume it with its "
            "own, or begin a new run without --resume"
        )


def config_changes(
    folder: RunFolder, config: TrainingConfig, found: checkpoint.Checkpoint | None = None
) -> list[str]:
    """How a config differs from that of the run in the folder, a line for each difference that matters."""
    before = _completed(found.header["config"], config, folder) if found else folder.read_config().document
    lines = differences(_plain(before), _plain(config.document), leaving_out=_may_differ(config))
    return lines + _code_changes(folder, config)


def _may_differ(config: TrainingConfig) -> list[str]:
    """The keys that change no weight: a name, the times of checkpoints, the pictures, and the places of files.

    The rows and the code in the files are compared.
    """
    sources = (config.registry.sources | config.registry.parted_sources).values()
    paths = {f"data.{field.name}" for source in sources for field in fields(source) if is_path(field.annotation)}
    return ["name", "plugins", "checkpoints", "output", "model.start_from", *sorted(paths)]


def _completed(document: Mapping[str, Any], config: TrainingConfig, folder: RunFolder) -> Mapping[str, Any]:
    """A run's document with the keys that an older nnlite did not have, which then did what they do by default."""
    try:
        return check({**document, "plugins": config.document["plugins"]}, folder.config).document
    except ConfigError:  # the differences will say why
        return document


def _code_changes(folder: RunFolder, config: TrainingConfig) -> list[str]:
    """A line if the plug-ins hold other code than when the run was begun, which older runs have not recorded."""
    described = folder.read_environment() if folder.environment.exists() else {}
    if described.get("plugins_sha256", now := environment.plugins_hash(config)) == now:
        return []
    return ["plugins: their code is another; put the files back as they were to go on"]


def check_same_data(folder: RunFolder, now: Mapping[str, Any]) -> list[str]:
    """Raises `DataError` unless rows and names are those that the run was begun with.

    Args:
        folder: the run folder.
        now: today's environment, as `environment.describe` gives it.

    Returns:
        How the environment differs otherwise, which may change the last bits of the weights.
    """
    before = folder.read_environment()
    if changes := _changes_in(_OF_ROWS, before, now):
        lines = "".join(f"\n  {change}" for change in changes)
        raise DataError(f"the data differs from that of the run in {folder}:{lines}")
    was, is_now = (described.get("start") or {} for described in (before, now))
    if was.get("sha256") != is_now.get("sha256"):
        raise DataError(
            f"the run in {folder} started from {_started(was)}, and model.start_from is now {_started(is_now)}: put "
            "the file back that it started from"
        )
    return environment_changes(before, now)


def _started(described: Mapping[str, Any]) -> str:
    """What a run started from, in words."""
    return f"{described['path']} (SHA-256 {described['sha256'][:12]}…)" if described else "no other model"


def environment_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """How two environments differ in which the same rows and config are trained, a line for each difference."""
    before, now = _libraries(old), _libraries(new)
    if same := before.keys() & now.keys():
        # Older versions of nnlite also recorded the libraries of SciPy and scikit-learn.
        before = {name: before[name] for name in before if name in same}
    leaving_out = (*_OF_ROWS, *_OF_RECIPE, "start", "seed", "cores", "numpy_simd")
    lines = differences({**old, "thread_pools": before}, {**new, "thread_pools": now}, leaving_out=leaving_out)
    return lines + _simd_changes(old, new)


def _simd_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A line for the extensions of the processor that NumPy uses in one of two environments alone."""
    before, now = (described.get("numpy_simd") for described in (old, new))
    if not (isinstance(before, list) and isinstance(now, list)):
        return []  # an older nnlite did not record them
    parts = {
        "without": [str(each) for each in before if each not in now],
        "with": [str(each) for each in now if each not in before],
    }
    words = [f"{how} {', '.join(names)}" for how, names in parts.items() if names]
    return [f"numpy_simd: NumPy computes {' and '.join(words)} now"] if words else []


def changes_of_rules(described: Mapping[str, Any], trainer: Trainer) -> list[str]:
    """What an older nnlite did otherwise in a training like this, so that it made other weights; a line for each.

    Args:
        described: the environment of the run.
        trainer: the trainer that the run's config describes, with its built model.
    """
    if _WITH_TODAYS_RULES in described:
        return []
    network, found = trainer.model.network, []
    if getattr(network.criterion, "class_weight", None) is not None:
        found.append("class weights counted less in small batches")
    if trainer.average is not None and (layers := estimating(network)):
        found.append(f"averaged weights had the running statistics ({type(layers[0]).__name__}) of the last step")
    return found


def recipe_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Whether config and plug-ins differ between two environments, a line for each."""
    return _changes_in(_OF_RECIPE, old, new)


def _changes_in(keys: Iterable[str], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The differences in these keys; a key that an older nnlite did not record is passed over."""
    recorded = [key for key in keys if key in old or key not in _NEWER]
    return differences({key: old.get(key) for key in recorded}, {key: new[key] for key in recorded})


def _libraries(described: Mapping[str, Any]) -> dict[str, Any]:
    """The libraries that multiply matrices, by name and version.

    Their numbers of threads are left out: they follow from the process's cores and variables, and a fit sets its own.
    """
    return {
        f"{pool.get('internal_api')} {pool.get('version')}": {**pool, "num_threads": None}
        for pool in described.get("thread_pools") or ()
        if isinstance(pool, dict) and pool.get("user_api") == "blas"
    }


def _plain(document: Mapping[str, Any]) -> Any:
    """The document as it comes back from JSON: with lists for tuples, and without keys that have no value."""
    return _without_nothing(json.loads(json.dumps(document)))


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value


def differences(old: Any, new: Any, *, leaving_out: Iterable[str] = ()) -> list[str]:
    """One line for each key whose value is another: what it was, what it is.

    Args:
        old: the document before: tables, lists and plain values, as TOML and JSON have them.
        new: the document now.
        leaving_out: keys, such as "data.path", that may differ, with all that is in them.

    >>> from nnlite.runs.changes import differences
    >>> differences({"a": [{"units": 3}], "b": 1}, {"a": [{"units": 4}], "c": True})
    ['a[0].units: 3 -> 4', 'b: 1 -> nothing', 'c: nothing -> true']
    """
    return list(_differences("", old, new, frozenset(leaving_out)))


def _differences(path: str, old: Any, new: Any, leaving_out: frozenset[str]) -> Iterable[str]:
    if path in leaving_out:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            place = f"{path}.{key}" if path else key
            yield from _differences(place, old.get(key, _NOTHING), new.get(key, _NOTHING), leaving_out)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{path}[{index}]", before, after, leaving_out)
    elif _as_list(old) != _as_list(new):
        before, after = cut_where_they_differ(_shown(old), _shown(new))
        yield f"{path}: {before} -> {after}"


def _as_list(value: Any) -> Any:
    return None if value is _NOTHING else list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    return "nothing" if _as_list(value) is None else toml.show(value)
