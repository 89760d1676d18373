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
from typing import Any

import numpy as np

from nnlite import chain, files
from nnlite.errors import ModelFileError, NnliteError
from nnlite.model import Sequential
from nnlite.predictor import Predictor
from nnlite.registry import Registry, specify
from nnlite.types import Array

FORMAT = 1
"""Raised when a file of before could not be read any more."""

_NO_DIGEST = "0" * 64


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

    >>> import nnlite, numpy as np, tempfile, pathlib
    >>> model = nnlite.Sequential([nnlite.Dense(2), nnlite.SoftmaxCrossEntropy()]).build((3,))
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> nnlite.save(model, path, classes=["no", "yes"])
    >>> nnlite.load(path).predict(np.zeros((1, 3)))
    array(['no'], dtype='<U3')
    """
    files.write(Path(path), to_bytes(model, classes=classes, feature_names=feature_names))


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
    _check_digest(content, description)
    try:
        model = Sequential(registry.make(layer) for layer in description["layers"])
        model.build(tuple(description["input_shape"]), dtype=description["dtype"])
        arrays = safetensors(content)
        _fill(model, arrays)
        model.adapted = bool(description["adapted"])
        return Predictor(model, description["classes"], description["feature_names"])
    except ModelFileError:
        raise
    except NnliteError as error:
        hint = "; if it is a layer of your own, name its file in plugins=[…]" if "there is no" in str(error) else ""
        raise ModelFileError(f"the model cannot be made again: {error}{hint}") from None
    except (KeyError, TypeError, ValueError, AttributeError, SafetensorError) as error:
        raise ModelFileError(f"the file is damaged or was not written by nnlite ({error})") from None


def arrays_of(model: Sequential) -> dict[str, Array]:
    """Everything that the model learnt, by path."""
    arrays = {path: parameter.value for path, parameter, _ in chain.named_parameters(model.layers)}
    for path, layer, _ in chain.walk(model.layers):
        arrays |= {f"{path}.{name}": array for name, array in layer.state.items()}
    if model.criterion is not None:
        arrays |= {f"loss.{name}": array for name, array in model.criterion.state.items()}
    return arrays


def _fill(model: Sequential, arrays: dict[str, Array]) -> None:
    expected = arrays_of(model)
    if expected.keys() != arrays.keys():
        odd = ", ".join(sorted(expected.keys() ^ arrays.keys()))
        raise ModelFileError(f"these arrays are missing, or do not belong to the model: {odd}")
    for name, array in arrays.items():
        home = expected[name]
        if array.shape != home.shape or array.dtype != home.dtype:
            raise ModelFileError(
                f"the array {name} is {array.dtype} {array.shape}, the model needs {home.dtype} {home.shape}"
            )
        home[...] = array


def _description(content: bytes) -> dict[str, Any]:
    """The metadata entry "nnlite" of the file's header."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise ModelFileError("the file is cut off, or is not a safetensors file")
    try:
        description = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["nnlite"])
        version = description["format"]
        if not isinstance(version, int) or not isinstance(description["sha256"], str):
            raise TypeError("its version or digest is missing")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(f"the file is damaged, or was not written by nnlite ({error})") from None
    if version > FORMAT:
        raise ModelFileError(
            f"the file has format {version}, written by nnlite {description.get('nnlite')}; this nnlite reads "
            f"formats up to {FORMAT}: update it with pip install --upgrade nnlite"
        )
    return dict(description)


def _check_digest(content: bytes, description: dict[str, Any]) -> None:
    digest = description["sha256"].encode()
    if len(digest) != 64 or content.count(digest) != 1:
        raise ModelFileError("the file is damaged: its SHA-256 is missing")
    if hashlib.sha256(content.replace(digest, _NO_DIGEST.encode())).hexdigest().encode() != digest:
        raise ModelFileError("the file is damaged: its SHA-256 does not match its content")
