"""A model file is a tensor file with a model: `save` writes it, `load` reads it.

It holds the model's arrays by path ("1.weight", "0.mean"); the description holds the layers, and the names of outputs
and inputs. The layers and the arrays of a file are compared before any array is made.
"""

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from nnlite.annotations import PositiveInt
from nnlite.core.predictor import Predictor
from nnlite.core.sequential import Sequential
from nnlite.core.snapshot import arrays_of, statistics_of
from nnlite.core.tree import named_parameters, walk
from nnlite.data.arrays import listed
from nnlite.errors import ConfigError, ModelFileError, NnliteError, RunError, ShapeError
from nnlite.plugins.registry import Registry, specify
from nnlite.saving import files, tensors
from nnlite.signature import copy_of
from nnlite.types import MOST_AXES, Array, DtypeName, Shape

MOST_LAYERS = 2048
"""The most layers in a file, a nested one counted once more for each layer around it: a few bytes ask for a layer."""

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


def save(
    model: Sequential,
    path: str | Path,
    *,
    classes: Sequence[Any] | None = None,
    feature_names: Sequence[str] | None = None,
) -> None:
    """Writes a built model to one file, whole or not at all.

    Args:
        model: a built model.
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
        plugins: Python files that define the model's own layers, if it has any. They are run, so they
            must be trusted; the model file itself never runs anything.

    Raises:
        ModelFileError: when the file is missing, damaged, or not a model of nnlite.
        ConfigError: when a plug-in cannot be used.
    """
    path = Path(path)
    if path.is_dir():
        path = _model_in(path)
    registry = Registry(plugins)
    arrays, description = tensors.read(path)
    try:
        return _predictor(arrays, description, registry)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None


def _model_in(folder: Path) -> Path:
    """The model file of a run folder; raises `ModelFileError` where it is none."""
    if (folder / "config.toml").is_file():
        return folder / "model.safetensors"
    names = sorted(each.parent.name for each in folder.glob("*/config.toml"))
    inside = f", but it has the runs {listed(names)}: give the path of one" if names else ": it has no config.toml"
    raise ModelFileError(f"{folder} is a folder, and no run folder{inside}")


def to_bytes(
    model: Sequential, *, classes: Sequence[Any] | None = None, feature_names: Sequence[str] | None = None
) -> bytes:
    """The content of a model file; the same model gives the same bytes."""
    description = _describe(model, classes, feature_names)
    return tensors.to_bytes(arrays_of(model), description)


def check_can_be_saved(
    model: Sequential, *, classes: Sequence[Any] | None = None, feature_names: Sequence[str] | None = None
) -> None:
    """Raises `ModelFileError` or `DataError` if a built model could not be saved after training."""
    try:
        description = _describe(model, classes, feature_names)
        tensors.check(arrays_of(model), description)
    except ModelFileError as error:
        raise ModelFileError(f"the model could not be saved after its training: {error}") from None


def _describe(
    model: Sequential, classes: Sequence[Any] | None, feature_names: Sequence[str] | None
) -> dict[str, Any]:
    """The description for a model's file; raises `ModelFileError` or `DataError`."""
    _check_is_model(model)
    if not model.built:
        raise ModelFileError("the model is not built, so there is nothing to save; train it first, or call build")
    named = Predictor(model, classes, feature_names)  # checks that the names fit
    loss = model.criterion
    layers = [specify(layer) for layer in model.layers] + ([specify(loss)] if loss else [])
    names = None if named.classes is None else named.classes.tolist()
    _check_extent(layers, names)
    _check_as_built(model)
    return {
        "layers": layers,
        "input_shape": model.input_shape,
        "dtype": model.dtype,
        "adapted": model.adapted,
        "classes": names,
        "feature_names": named.feature_names,
    }


def _check_as_built(model: Sequential) -> None:
    """Raises `ModelFileError` where an argument, changed after `build`, shapes a layer, and so did nothing."""
    try:
        twin = Sequential([copy_of(layer) for layer in model.layers])
    except ConfigError as error:
        raise ModelFileError(f"the model could not be made again from its layers' arguments: {error}") from None
    with contextlib.suppress(ShapeError):  # a layer that no longer fits the one before differs from what was built
        twin.declare(model.input_shape)
    built, anew = _shapes(model), _shapes(twin)
    for place, what in dict.fromkeys([*built, *anew]):
        before, now = built.get((place, what)), anew.get((place, what))
        if before != now:
            raise ModelFileError(
                f"layer {place}, {model.layers[int(place.partition('.')[0])]!r}, was built with {what} of shape "
                f"{before or 'none'}; with its arguments as they are now it would have {now or 'none'}: build the "
                "model again after such a change, or undo it"
            )


def _shapes(model: Sequential) -> dict[tuple[str, str], Shape | None]:
    """The shape of each layer's parameters and output, by the layer's place and what it is the shape of."""
    shapes: dict[tuple[str, str], Shape | None] = {}
    for place, layer, _ in walk(model.layers):
        shapes |= {(place, f"a {parameter.name}"): parameter.shape for parameter in layer.parameters}
        shapes[place, "an output"] = layer._output_shape
    return shapes


def from_bytes(content: bytes, registry: Registry) -> Predictor:
    """The model in the content of a model file; raises `ModelFileError`."""
    return _predictor(*tensors.from_bytes(content), registry)


def _predictor(arrays: dict[str, Array], document: dict[str, Any], registry: Registry) -> Predictor:
    """The model in a file, from its arrays and its description."""
    if "kind" in document:
        raise ModelFileError(f"it holds a {tensors.shortened(str(document['kind']))}, not a model")
    try:
        description = msgspec.convert(document, _Description)
        _check_extent(description.layers, description.classes)
        model = Sequential(registry.make(layer) for layer in description.layers)
        model.declare(description.input_shape, dtype=description.dtype)
        _fill(model, arrays)
        model.adapted = description.adapted
        predictor = Predictor(model, description.classes, description.feature_names)
        if description.classes is not None:
            model.classes = tuple(description.classes)
        model.feature_names = predictor.feature_names
        return predictor
    except ModelFileError:
        raise
    except NnliteError as error:
        hint = "; if it is a layer of your own, name its file in plugins=[…]" if "there is no" in str(error) else ""
        said = tensors.shortened(str(error))
        raise ModelFileError(f"the model cannot be made again: {said}{hint}") from None
    except (*tensors.FORGED, msgspec.ValidationError) as error:
        raise tensors.damaged(error) from None


def _check_is_model(model: object) -> None:
    if not isinstance(model, Sequential):
        hint = ": predictor.model is one" if isinstance(model, Predictor) else ""
        raise ModelFileError(f"got a {type(model).__name__}, expected a Sequential{hint}")


def _check_extent(layers: list[dict[str, Any]], classes: list[Any] | None) -> None:
    """Raises `ModelFileError` for a description that is small in a file but large in memory."""
    count, level = 0, [(1, layer) for layer in list[Any](layers)]
    while level:
        count += sum(depth for depth, item in level if isinstance(item, dict))
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


def _fill(model: Sequential, arrays: dict[str, Array]) -> None:
    """Gives the arrays to a declared model; nothing is drawn, and no memory is taken before all of them fit."""
    dtype = np.dtype(model.dtype)
    parameters = {path: parameter for path, parameter, _ in named_parameters(model.layers)}
    homes = {f"{path}.{name}": (statistics, name) for path, statistics in statistics_of(model) for name in statistics}
    expected = {path: (parameter.shape, dtype) for path, parameter in parameters.items()}
    expected |= {path: (found[name].shape, found[name].dtype) for path, (found, name) in homes.items()}
    for path, (shape, kind) in expected.items():
        if path not in arrays:
            raise ModelFileError(f"the array {path} is missing")
        _check_fits(path, arrays[path], shape, kind)
    if odd := arrays.keys() - expected.keys():
        named = tensors.shortened(", ".join(sorted(odd)))
        raise ModelFileError(f"these arrays do not belong to the model: {named}")
    for path, parameter in parameters.items():
        parameter.start_with(arrays[path])
    for path, (statistics, name) in homes.items():
        statistics[name] = arrays[path]
    model.draw()


def _check_fits(path: str, array: Array, shape: Shape, dtype: np.dtype[Any]) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ModelFileError(f"the array {path} is {array.dtype} {array.shape}, the model needs {dtype} {shape}")
