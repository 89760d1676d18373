"""The JSON Schema of config files, for editors, made from the same signatures that check a config."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, Literal, Union

import msgspec

from nnlite.annotations import substitute
from nnlite.config.check import MODEL, OUTPUT, PARTS, TOP, TRAINING, VALIDATION_PARTS
from nnlite.config.completion import FROM_DATA
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.metrics.metric import Metric
from nnlite.plugins.registry import OPTIMIZERS, Registry
from nnlite.saving.checkpoint_times import CheckpointTimes
from nnlite.schedules.schedule import Schedule
from nnlite.signature import Field, fields
from nnlite.training.callbacks import Callback
from nnlite.training.early_stopping import EarlyStopping


def json_schema(registry: Registry) -> str:
    """The schema, as JSON text, with the classes of this registry."""
    layers = [_tagged(cls, _may_leave_out(fields(cls))) for cls in _classes(registry, Layer, Loss)]
    optimizers = [_tagged(cls, fields(cls)) for cls in _classes(registry, *OPTIMIZERS)]
    schedules = [_tagged(cls, fields(cls)) for cls in _classes(registry, Schedule)]
    callbacks = [_tagged(cls, fields(cls)) for cls in _classes(registry, Callback)]
    names = registry.names(Metric)
    metrics: list[Any] = [_tagged(registry.metrics[name], fields(registry.metrics[name])) for name in names]
    metrics.append(Literal[tuple(names)])
    training = (*TRAINING, Field("metrics", list[Union[tuple(metrics)]], []))  # type: ignore[misc]  # noqa: UP007
    sources = [
        _tagged(source, (*fields(source), *parts), tag_field="source")
        for known, parts in ((registry.sources, PARTS), (registry.parted_sources, VALIDATION_PARTS))
        for source in known.values()
    ]
    model = (Field("layers", list[Union[tuple(layers)]]), *MODEL)  # type: ignore[misc]  # noqa: UP007
    top = _struct(
        "config",
        (
            *TOP,
            Field("data", Union[tuple(sources)]),  # noqa: UP007
            Field("model", _struct("model", model)),
            Field("optimizer", Union[tuple(optimizers)], msgspec.UNSET),  # noqa: UP007
            Field("schedule", Union[tuple(schedules)], msgspec.UNSET),  # noqa: UP007
            Field("early_stopping", _struct("early_stopping", fields(EarlyStopping)), msgspec.UNSET),
            Field("callbacks", list[Union[tuple(callbacks)]], msgspec.UNSET),  # type: ignore[misc]  # noqa: UP007
            Field("training", _struct("training", training), msgspec.UNSET),
            Field("checkpoints", _struct("checkpoints", fields(CheckpointTimes)), msgspec.UNSET),
            Field("output", _struct("output", OUTPUT), msgspec.UNSET),
        ),
    )
    schema = msgspec.json.schema(top)
    # Layers may stand in layers: their tables refer to each other, which structs could not.
    any_layer = [{"$ref": f"#/$defs/{cls.__name__}"} for cls in _classes(registry, Layer)]
    schema["$defs"] |= {_Layer.__name__: {"anyOf": any_layer}} if _Layer.__name__ in schema["$defs"] else {}
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema, indent=2) + "\n"


class _Layer(msgspec.Struct):
    """A placeholder for a layer in an annotation: its name is that of a definition in the schema."""


def _classes(registry: Registry, *kinds: type) -> list[Any]:
    return [registry.classes[name] for name in registry.names(*kinds)]


def _may_leave_out(arguments: Sequence[Field]) -> list[Field]:
    """The arguments, with those optional that the last layer may leave to the data: no schema knows which is last."""
    return [
        dataclasses.replace(field, default=msgspec.UNSET) if field.required and field.name in FROM_DATA else field
        for field in arguments
    ]


def _tagged(target: Any, arguments: Sequence[Field], tag_field: str = "type") -> Any:
    summary = (target.__doc__ or "").strip().partition("\n")[0]
    return _struct(target.__name__, arguments, doc=summary, tag_field=tag_field, tag=target.__name__)


def _struct(name: str, arguments: Sequence[Field], doc: str = "", **options: Any) -> Any:
    members = [
        (field.name, annotation) if field.required else (field.name, annotation, field.default)
        for field in arguments
        for annotation in [substitute(field.annotation, Layer, _Layer)]
    ]
    return msgspec.defstruct(
        name, members, namespace={"__doc__": doc}, kw_only=True, forbid_unknown_fields=True, **options
    )
