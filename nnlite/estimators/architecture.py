"""The arguments of an estimator become the layers, the loss, the optimizer and the schedule of a network."""

import copy
from collections.abc import Mapping
from typing import Any

from sklearn.base import is_regressor

from nnlite.config.completion import outputs
from nnlite.core.layer import Layer
from nnlite.core.loss import Loss
from nnlite.data.dataset import Dataset
from nnlite.errors import nearest
from nnlite.estimators import arguments
from nnlite.layers import Columns, Dense, Dropout, Embeddings, PeriodicEmbedding
from nnlite.layers.for_table import for_table
from nnlite.optimizers.full_batch_optimizer import FullBatchOptimizer
from nnlite.optimizers.optimizer import Optimizer
from nnlite.plugins.registry import shipped
from nnlite.signature import Configured, copy_of, fields


def layers(estimator: Any, data: Dataset, end: Loss) -> list[Layer | Loss]:
    """All layers of a network: the preprocessing of the table, the hidden layers, the outputs, the loss.

    Where `layers` begin with preprocessing of their own, such as `Rescale` or `Columns`, none is put before them.

    Args:
        estimator: an estimator with its arguments.
        data: the training rows.
        end: the loss, which ends them.

    Raises:
        ValueError: when an argument was set that has no effect beside these layers, or is none of its kind.
    """
    encoder = data.table.encoder
    hidden = _hidden(estimator)
    front: list[Layer] = []
    if hidden and hidden[0].takes_raw_rows:
        why = f"the layers begin with preprocessing of their own, {hidden[0]!r}: say there how rows are prepared"
        arguments.refuse_idle(estimator, ("numbers", "periodic", "one_hot", "embedding"), why)
    else:
        front.append(Columns(numbers=estimator.numbers, one_hot=estimator.one_hot))
        if estimator.periodic:
            front.append(PeriodicEmbedding())
        if any(codes > estimator.one_hot for codes in encoder.codes):
            front.append(Embeddings(size=estimator.embedding))
    told = for_table([*front, *hidden], encoder.codes, encoder.numbers)
    return [*told, Dense(outputs(data, end)), end]


def _hidden(estimator: Any) -> list[Layer]:
    if estimator.layers is not None:
        return [fresh(layer, "layer", Layer) for layer in estimator.layers if not isinstance(layer, Loss)]
    found: list[Layer] = []
    for units in arguments.widths(estimator.hidden):
        found += [Dense(int(units)), fresh(estimator.activation, "layer", Layer)]
        if estimator.dropout:
            found.append(Dropout(estimator.dropout))
    return found


def loss(estimator: Any, default: str) -> Loss:
    """The loss: that of the argument, the one that ends `layers`, or the one of this name.

    Args:
        estimator: an estimator with its arguments.
        default: the name of the loss for its targets.

    Raises:
        ValueError: when there are two, or it is for targets of another kind.
    """
    given = estimator.loss
    if estimator.layers and isinstance(last := estimator.layers[-1], Loss):
        if given is not None:
            raise ValueError(f"the layers end in {last!r}, and loss is {given!r}; expected one loss")
        given = last
    found: Loss = fresh(default if given is None else given, "loss", Loss)
    if (found.task == "regression") != is_regressor(estimator):
        other = "NNRegressor predicts numbers" if found.task == "regression" else "NNClassifier predicts classes"
        raise ValueError(f"the loss {found!r} is not for {type(estimator).__name__}: {other}")
    return found


def optimizer(given: Any, learning_rate: float, weight_decay: float) -> Optimizer | FullBatchOptimizer:
    """The optimizer: a copy of an object, or one by its name, which gets those of the two arguments that it has."""
    if not isinstance(given, str):
        own: Optimizer | FullBatchOptimizer = fresh(given, "optimizer", (Optimizer, FullBatchOptimizer))
        return own
    names = {field.name for field in fields(shipped().find(given, Optimizer, FullBatchOptimizer))}
    said = {"learning_rate": learning_rate, "weight_decay": weight_decay}
    made: Optimizer | FullBatchOptimizer = shipped().make(
        {"type": given} | {name: value for name, value in said.items() if name in names}
    )
    return made


def _made(specification: Mapping[str, Any], what: str, kinds: tuple[Any, ...]) -> Any:
    """The object of a dict with a type and arguments; raises `ValueError` where these are not its own."""
    if not isinstance(name := specification.get("type"), str):
        raise ValueError(f'the {what} is {dict(specification)!r}, without a type; expected {{"type": "…", …}}')
    known = fields(shipped().find(name, *kinds))  # an error names those of the kind alone
    names = [field.name for field in known]
    if odd := [key for key in specification if key not in ("type", *names)]:
        raise ValueError(f"the {what} {name} has no argument {odd[0]!r}{nearest(str(odd[0]), names)}")
    if lacking := [field.name for field in known if field.required and field.name not in specification]:
        raise ValueError(f'the {what} {name} lacks {lacking[0]!r}; expected {{"type": {name!r}, {lacking[0]!r}: …}}')
    return shipped().make(specification, *kinds)


def fresh(given: Any, what: str, kind: Any) -> Any:
    """A new object of this kind, from a name, a dict with a type and arguments, or an object, which is not used.

    Args:
        given: what the user passed; None stays None.
        what: the name of the kind, for messages.
        kind: the class that it has to be of, or several.

    Raises:
        ValueError: when it is nothing of the kind; a `ConfigError` names the nearest name.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if given is None:
        return None
    if isinstance(given, str | Mapping):
        return _made({"type": given} if isinstance(given, str) else given, what, kinds)
    if isinstance(given, type) and issubclass(given, kinds):
        raise ValueError(f"the {what} is the class {given.__name__}; expected an object, {given.__name__}(…)")
    if not isinstance(given, kinds):
        raise ValueError(f"the {what} is {given!r}; expected a name, a dict with a type, or an object")
    return copy_of(given) if isinstance(given, Configured) else copy.deepcopy(given)
