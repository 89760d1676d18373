"""Storage turns a model into the bytes of one file and back, and trusts no byte it reads.

The file is in the safetensors format, which other tools open too: arrays by path ("1.weight", "0.mean"),
and one metadata entry, "nnlite", with JSON: what the model is made of, what its outputs and inputs are
called, and a SHA-256 over the whole file, computed with its own digits as zeros. Nothing in it is ever
executed or imported.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from nnlite import chain, files
from nnlite.errors import ModelFileError, NnliteError, RunError, ShapeError
from nnlite.model import Sequential
from nnlite.predictor import Predictor
from nnlite.registry import Registry, specify
from nnlite.signature import PositiveInt
from nnlite.snapshot import arrays_of
from nnlite.types import Array, DtypeName, Shape

FORMAT = 1
"""Raised when a file of before could not be read any more."""

_NO_DIGEST = "0" * 64

# What Python says of content that nnlite never writes: odd types, huge numbers, brackets without end.
_FORGED = (
    *(KeyError, TypeError, ValueError, AttributeError, OverflowError, MemoryError, RecursionError),
    msgspec.ValidationError,
)


class _Description(msgspec.Struct):
    """What the metadata entry says, each value of its type."""

    layers: list[dict[str, Any]]
    input_shape: tuple[PositiveInt, ...]
    dtype: DtypeName
    adapted: bool
    classes: list[str | int | float | bool] | None
    feature_names: list[str] | None
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


def save(
    model: Sequential,
    path: str | Path,
    *,
    classes: Sequence[Any] | None = None,
    feature_names: Sequence[str] | None = None,
) -> None:
    """Writes a built model to one file, whole or not at all.

    Args:
        model: with whatever it has learnt.
        path: of the file, by custom ending in .safetensors; what was there is replaced.
        classes: what the outputs stand for, strings or numbers.
        feature_names: of a row's columns.

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
        path: of the file.
        plugins: Python files that define the model's own layers, if it has any. They are run, so they
            must be trusted; the model file itself never runs anything.

    Raises:
        ModelFileError: when the file is missing, damaged, or not a model of nnlite.
        ConfigError: when a plug-in cannot be used.
    """
    registry = Registry(plugins)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ModelFileError(f"the model file {path} cannot be read: {error.strerror or error}") from None
    try:
        return from_bytes(content, registry)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None


def to_bytes(
    model: Sequential, *, classes: Sequence[Any] | None = None, feature_names: Sequence[str] | None = None
) -> bytes:
    """The content of a model file; the same model gives the same bytes."""
    from safetensors.numpy import save as safetensors

    from nnlite import __version__

    _check_is_model(model)
    if not model.built:
        raise ModelFileError("the model is not built, so there is nothing to save; train it first, or call build")
    named = Predictor(model, classes, feature_names)  # checks that the names fit
    loss = model.criterion
    description = {
        "format": FORMAT,
        "nnlite": __version__,
        "layers": [specify(layer) for layer in model.layers] + ([specify(loss)] if loss else []),
        "input_shape": model.input_shape,
        "dtype": model.dtype,
        "adapted": model.adapted,
        "classes": None if named.classes is None else named.classes.tolist(),
        "feature_names": named.feature_names,
        "sha256": _NO_DIGEST,
    }
    # safetensors 0.8 writes wrong bytes for arrays that are not contiguous in C order.
    arrays = {name: np.asarray(array, order="C") for name, array in arrays_of(model).items()}
    content = safetensors(arrays, {"nnlite": json.dumps(description, sort_keys=True)})
    # The last key of the JSON, whose quotes stand escaped in the header's own JSON.
    at = content.rindex(b'\\"sha256\\": \\"' + _NO_DIGEST.encode()) + len(b'\\"sha256\\": \\"')
    return content[:at] + hashlib.sha256(content).hexdigest().encode() + content[at + len(_NO_DIGEST) :]


def from_bytes(content: bytes, registry: Registry) -> Predictor:
    """The model in the content of a model file; raises `ModelFileError`."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as safetensors

    description = _description(content)
    _check_digest(content, description.sha256)
    try:
        arrays = safetensors(content)  # refuses a header that promises more than the file holds
        model = Sequential(registry.make(layer) for layer in description.layers)
        _check_sizes(model, description, arrays)
        model.build(description.input_shape, dtype=description.dtype)
        _fill(model, arrays)
        model.adapted = description.adapted
        return Predictor(model, description.classes, description.feature_names)
    except ModelFileError:
        raise
    except NnliteError as error:
        hint = "; if it is a layer of your own, name its file in plugins=[…]" if "there is no" in str(error) else ""
        raise ModelFileError(f"the model cannot be made again: {error}{hint}") from None
    except (*_FORGED, SafetensorError) as error:
        raise _damaged(error) from None


def _check_is_model(model: object) -> None:
    if not isinstance(model, Sequential):
        hint = ": predictor.model is one" if isinstance(model, Predictor) else ""
        raise ModelFileError(f"got a {type(model).__name__}, expected a Sequential{hint}")


def _check_sizes(model: Sequential, description: _Description, arrays: dict[str, Array]) -> None:
    """Compares the parameters with the file's before any is drawn: a few bytes can ask for gigabytes.

    A layer's `build` only declares them.
    """
    shape = description.input_shape
    for index, layer in enumerate(model.layers):
        try:
            shape = layer.build(shape, np.random.default_rng(0))
        except ShapeError:
            return  # the model's own build gets no further either, and names the layer
        for path, parameter, _ in chain.named_parameters([layer]):
            name = f"{index}.{path.partition('.')[2]}"
            if name in arrays:
                _check_fits(name, arrays[name], parameter.shape, np.dtype(description.dtype))
            else:
                raise ModelFileError(f"the array {name} is missing")


def _fill(model: Sequential, arrays: dict[str, Array]) -> None:
    expected = arrays_of(model)
    if expected.keys() != arrays.keys():
        odd = ", ".join(sorted(expected.keys() ^ arrays.keys()))
        raise ModelFileError(f"these arrays are missing, or do not belong to the model: {odd}")
    for name, array in arrays.items():
        home = expected[name]
        _check_fits(name, array, home.shape, home.dtype)
        home[...] = array


def _check_fits(name: str, array: Array, shape: Shape, dtype: np.dtype[Any]) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ModelFileError(f"the array {name} is {array.dtype} {array.shape}, the model needs {dtype} {shape}")


def _description(content: bytes) -> _Description:
    """The metadata entry "nnlite" of the file's header."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise ModelFileError("the file is cut off, or is not a safetensors file")
    try:
        description = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["nnlite"])
        version = description["format"]
        if type(version) is not int or version < 1:  # to Python a boolean is an integer
            raise TypeError(f"its format is {version!r}")
        if version > FORMAT:
            raise ModelFileError(
                f"the file has format {version}, written by nnlite {description.get('nnlite')}; this nnlite reads "
                f"formats up to {FORMAT}: update it with pip install --upgrade nnlite"
            )
        return msgspec.convert(description, _Description)
    except _FORGED as error:
        raise _damaged(error) from None


def _check_digest(content: bytes, digest: str) -> None:
    digits = digest.encode()
    if content.count(digits) != 1:
        raise ModelFileError("the file is damaged: its SHA-256 is missing")
    if hashlib.sha256(content.replace(digits, _NO_DIGEST.encode())).hexdigest() != digest:
        raise ModelFileError("the file is damaged: its SHA-256 does not match its content")


def _damaged(error: BaseException) -> ModelFileError:
    return ModelFileError(f"the file is damaged, or was not written by nnlite ({error})")
