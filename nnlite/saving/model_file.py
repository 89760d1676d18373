"""A model file is a tensor file with a model: `save` writes it, `load` reads it.

It holds the model's arrays by path ("1.weight", "0.mean"), of an ensemble's further members behind the member's name
("member1/1.weight"); the description holds the layers, and the names of outputs and inputs. The layers
and the arrays of a file are compared before any array is made.
"""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from nnlite import files
from nnlite.annotations import PositiveInt
from nnlite.core.ensemble import Ensemble
from nnlite.core.estimator_hint import estimator_hint
from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.data.arrays import listed
from nnlite.errors import ModelFileError, NnliteError, RunError
from nnlite.plugins.origin import plugins_of
from nnlite.plugins.registry import Registry, specify
from nnlite.saving import tensors
from nnlite.saving.as_built import check_as_built
from nnlite.saving.members import arrays_in_file, fill, members_of, shared_out
from nnlite.saving.table_in_file import check_columns, check_fits_table, table_in_file
from nnlite.types import MOST_AXES, Array, DtypeName

MOST_LAYERS = 2048
"""The most layers in a file, a nested one counted once more for each layer around it: a few bytes ask for a layer."""

MOST_MEMBERS = 1024
"""The most members of an ensemble in a file."""

MOST_CHARACTERS = 2**22
"""The most characters of all class names, each as wide as the widest, as they are in an array."""


class _Description(msgspec.Struct):
    """The description in a model file, with the types of its values."""

    layers: list[dict[str, Any]]
    input_shape: Annotated[tuple[PositiveInt, ...], msgspec.Meta(max_length=MOST_AXES)]
    dtype: DtypeName
    adapted: bool
    classes: list[str | int | float | bool] | None
    feature_names: list[str] | None
    members: Annotated[int, msgspec.Meta(ge=1, le=MOST_MEMBERS)] = 1
    table: dict[str, Any] | None = None
    temperature: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    plugins: dict[str, str] = {}


def save(
    model: Sequential | Ensemble,
    path: str | Path,
    *,
    classes: Sequence[Any] | None = None,
    feature_names: Sequence[str] | None = None,
) -> None:
    """Writes a built model, or an ensemble, to one file, whole or not at all.

    Args:
        model: a built model, or an `Ensemble` whose members have the same layers.
        path: the path of the file, usually ending in .safetensors; a file that is there is replaced.
        classes: the names of the classes, strings or numbers; if None those that the model was trained on.
        feature_names: the names of the columns of a row; if None those that the model was trained on.

    Raises:
        ModelFileError: when there is no built model to save.
        DataError: when the names do not fit the model.
        RunError: when the file cannot be written.

    >>> import nnlite, numpy as np, tempfile, pathlib
    >>> model = nnlite.Sequential([nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]).build((3,))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> nnlite.save(model, path, classes=["no", "yes"])
    >>> nnlite.load(path).predict(np.zeros((1, 3)))
    array(['no'], dtype='<U3')
    """
    content = to_bytes(model, classes=classes, feature_names=feature_names)
    if Path(path).is_dir():
        raise RunError(f"cannot write {path}: it is a folder; name a file in it, such as model.safetensors")
    files.write(Path(path), content)


def load(path: str | Path, *, plugins: str | Path | Iterable[str | Path] = ()) -> Predictor:
    """Reads what `save` wrote: the model, ready for raw rows.

    Args:
        path: the path of the file, or of a run folder that has a model.
        plugins: Python files, or names of installed packages, that define the model's own layers, if it has any. They
            are run, so they must be trusted; the model file itself never runs anything.

    Raises:
        ModelFileError: when the file is missing, damaged, or not a model of nnlite.
        ConfigError: when a plug-in cannot be used.
    """
    path = file_of(path)
    registry = Registry(plugins)
    arrays, description = tensors.read(path)
    try:
        return _predictor(arrays, description, registry)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None


def file_of(path: str | Path) -> Path:
    """The model file at this path, or that of the run folder there; raises `ModelFileError` for another folder."""
    folder = Path(path)
    if not folder.is_dir():
        return folder
    if (folder / "config.toml").is_file():
        model = folder / "model.safetensors"
        if not model.exists():
            raise ModelFileError(
                f"the run {folder} has no model.safetensors yet, since its training is not over; to go on: "
                f"nnlite train --resume {shlex.quote(str(folder))}"
            )
        return model
    names = sorted(each.parent.name for each in folder.glob("*/config.toml"))
    inside = f", but it has the runs {listed(names)}: give the path of one" if names else ": it has no config.toml"
    raise ModelFileError(f"{folder} is a folder, and no run folder{inside}")


def to_bytes(
    model: Sequential | Ensemble, *, classes: Sequence[Any] | None = None, feature_names: Sequence[str] | None = None
) -> bytes:
    """The content of a model file; the same model gives the same bytes."""
    named = _named(model, classes, feature_names)
    return tensors.to_bytes(arrays_in_file(model, named.table), _describe(named))


def check_can_be_saved(
    model: Sequential | Ensemble, *, classes: Sequence[Any] | None = None, feature_names: Sequence[str] | None = None
) -> None:
    """Raises `ModelFileError` or `DataError` if a built model could not be saved after training."""
    try:
        named = _named(model, classes, feature_names)
        tensors.check(arrays_in_file(model, named.table), _describe(named))
    except ModelFileError as error:
        raise ModelFileError(f"the model could not be saved after its training: {error}") from None


def _named(
    model: Sequential | Ensemble, classes: Sequence[Any] | None, feature_names: Sequence[str] | None
) -> Predictor:
    """The model with its names, all of them checked; raises `ModelFileError` or `DataError`."""
    _check_is_model(model)
    members = members_of(model)
    if not all(member.built for member in members):
        raise ModelFileError("the model is not built, so there is nothing to save; train it first, or call build")
    return Predictor(model, classes, feature_names)


def _describe(named: Predictor) -> dict[str, Any]:
    """The description for a model's file; raises `ModelFileError`."""
    model, members = named.model, named.members
    first, *others = [_layers(member) for member in members]
    names = None if named.classes is None else named.classes.tolist()
    _check_extent(first, names, len(members))
    for member in members:
        check_as_built(member)
    for index, other in enumerate(others, 1):
        if other != first or members[index].adapted != members[0].adapted:
            raise ModelFileError(
                f"member {index} has other layers than member 0, and one file holds the layers once: save such "
                "models each to a file of its own"
            )
    more: dict[str, Any] = {"members": len(members)} if others else {}
    if isinstance(model, Ensemble) and model.temperature != 1:
        more["temperature"] = model.temperature
    if named.table is not None:
        more["table"] = named.table.description()[0]
    return (
        ({"format": tensors.NEWEST_FORMAT} if more else {})
        | more
        | {
            "layers": first,
            "input_shape": model.input_shape,
            "dtype": model.dtype,
            "adapted": members[0].adapted,
            "classes": names,
            "feature_names": named.feature_names,
        }
        | ({"plugins": own} if (own := plugins_of(members[0])) else {})
    )


def _layers(model: Sequential) -> list[dict[str, Any]]:
    loss = [specify(model.criterion)] if model.criterion else []
    return [specify(layer) for layer in model.layers] + loss


def from_bytes(content: bytes, registry: Registry) -> Predictor:
    """The model in the content of a model file; raises `ModelFileError`."""
    return _predictor(*tensors.from_bytes(content), registry)


def _predictor(arrays: dict[str, Array], document: dict[str, Any], registry: Registry) -> Predictor:
    """The model in a file, from its arrays and its description."""
    if "kind" in document:
        raise ModelFileError(f"it holds a {tensors.shortened(str(document['kind']))}, not a model")
    try:
        description = msgspec.convert(document, _Description)
        _check_extent(description.layers, description.classes, description.members)
        check_columns(description.table, len(description.feature_names or ()))
        table = None if description.table is None else table_in_file(description.table, arrays)
        names = description.feature_names
        if table is not None and names is not None and len(set(names)) < len(names):
            # In a file of an earlier version a flag may have the name of a column of the table.
            description.feature_names = list(table.encoder.names)
        of_members = shared_out(arrays, description.members)
        members = [_member(description, own, registry) for own in of_members]
        for member in members:
            member.table = table
        check_fits_table(members[0])
        alone = description.members == 1 and description.temperature == 1
        model = members[0] if alone else Ensemble(members, description.temperature)
        return Predictor(model, description.classes, description.feature_names)
    except ModelFileError:
        raise
    except NnliteError as error:
        said = _needed(description, registry) or tensors.shortened(str(error))
        raise ModelFileError(f"the model cannot be made again: {said}") from None
    except (*tensors.FORGED, msgspec.ValidationError) as error:
        raise tensors.damaged(error) from None


def _needed(description: _Description, registry: Registry) -> str:
    """Which plug-ins the model needs and was not given, and how to give them; "" if none."""
    unknown = [layer.get("type") for layer in description.layers if layer.get("type") not in registry.classes]
    lacking = {origin: name for name, origin in description.plugins.items() if name not in registry.classes}
    if not unknown and not lacking:
        return ""
    needs = [f"{tensors.shortened(name)} of {tensors.shortened(origin)}" for origin, name in lacking.items()]
    if needs:
        said = f"it needs {' and '.join(needs)}: name"
    else:
        said = f"there is no layer or loss {tensors.shortened(str(unknown[0]))!r}; if it is one of your own, name"
    return f"{said} the plug-in in plugins=[…]; on the command line give the run folder, whose config names it"


def _member(description: _Description, arrays: dict[str, Array], registry: Registry) -> Sequential:
    """One model of the file."""
    model = Sequential(registry.make(layer) for layer in description.layers)
    model.declare(description.input_shape, dtype=description.dtype)
    fill(model, arrays)
    model.adapted = description.adapted
    named = Predictor(model, description.classes, description.feature_names)  # checks that the names fit
    if description.classes is not None:
        model.classes = tuple(description.classes)
    model.feature_names = named.feature_names
    return model


def _check_is_model(model: object) -> None:
    if not isinstance(model, Sequential | Ensemble):
        hint = ": predictor.model is one" if isinstance(model, Predictor) else estimator_hint(model)
        raise ModelFileError(f"got a {type(model).__name__}, expected a Sequential{hint}")


def _check_extent(layers: list[dict[str, Any]], classes: list[Any] | None, members: int) -> None:
    """Raises `ModelFileError` for a description that is small in a file but large in memory."""
    count, level = 0, [(1, layer) for layer in list[Any](layers)]
    while level:
        count += members * sum(depth for depth, item in level if isinstance(item, dict))
        if count > MOST_LAYERS:
            raise ModelFileError(
                f"it has more than {MOST_LAYERS} layers, where one inside others counts once more for each of them"
            )
        level = [
            (depth + isinstance(item, dict), inner)
            for depth, item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, dict | list)
        ]
    widest = max((len(name) for name in classes or () if isinstance(name, str)), default=0)
    if classes and widest * len(classes) > MOST_CHARACTERS:
        raise ModelFileError(f"it has {len(classes)} class names, of up to {widest} characters: that is too much")
