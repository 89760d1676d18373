"""A network as plain blocks: what each layer is called, what shape it gives and how many parameters it has."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnlite.core.container import Container
from nnlite.core.layer import Layer
from nnlite.core.sequential import Sequential
from nnlite.layers import Parallel, Residual
from nnlite.types import Shape


@dataclass(frozen=True)
class Block:
    """A layer, or a container with the layers in it.

    Attributes:
        path: where it stands among the layers, such as "3.0".
        name: the name of its class.
        arguments: those of its constructor, as they are written; "" without any, and of a container.
        shape: the shape of its output, such as "8 × 4".
        parameters: how many it has, those of the layers in it counted.
        frozen: whether it is not trained.
        branches: of a container the layers of each of its chains; empty for any other layer.
        join: how the outputs of the branches become one: "add", "concatenate", or "" where it is not known, or there
            is one branch alone.
        bypass: whether the input is added to what comes out.
    """

    path: str
    name: str
    arguments: str
    shape: str
    parameters: int
    frozen: bool = False
    branches: tuple[tuple["Block", ...], ...] = ()
    join: str = ""
    bypass: bool = False


@dataclass(frozen=True)
class Network:
    """A whole network.

    Attributes:
        input: the shape of one example.
        blocks: the layers.
        loss: the loss, as it is written; "" without one.
        parameters: how many there are.
        trained: how many of them are trained.
        dtype: what they are computed in.
        members: how many networks of this kind there are, whose mean is predicted.
    """

    input: str
    blocks: tuple[Block, ...]
    loss: str
    parameters: int
    trained: int
    dtype: str
    members: int = 1


def network_of(model: Sequential, members: int = 1) -> Network:
    """A built model as blocks.

    >>> from nnlite import Dense, ReLU, Sequential, SoftmaxCrossEntropy
    >>> from nnlite.report.network import network_of
    >>> network = network_of(Sequential([Dense(8), ReLU(), Dense(3), SoftmaxCrossEntropy()]).build((4,)))
    >>> [(block.name, block.arguments, block.shape, block.parameters) for block in network.blocks]
    [('Dense', '8', '8', 40), ('ReLU', '', '8', 0), ('Dense', '3', '3', 27)]
    """
    model.check_built()
    return Network(
        shape_in_words(model.input_shape),
        _blocks(model.layers),
        "" if model.criterion is None else repr(model.criterion),
        sum(parameter.size for parameter in model.parameters),
        model.parameters.values.size,
        model.dtype,
        members,
    )


def shape_in_words(shape: Shape) -> str:
    """A shape as people write it.

    >>> from nnlite.report.network import shape_in_words
    >>> shape_in_words((1, 8, 8)), shape_in_words(())
    ('1 × 8 × 8', 'one number')
    """
    return " × ".join(map(str, shape)) or "one number"


def _blocks(layers: Sequence[Layer], before: str = "") -> tuple[Block, ...]:
    return tuple(_block(layer, f"{before}{index}") for index, layer in enumerate(layers))


def _block(layer: Layer, path: str) -> Block:
    name = type(layer).__name__
    chains = layer._chains if isinstance(layer, Container) and layer.children else []
    branches, first = [], 0
    for chain in chains:  # the paths count the layers of all branches, as in the summary
        inner = tuple(_block(each, f"{path}.{first + place}") for place, each in enumerate(chain.layers))
        first += len(inner)
        branches.append(inner)
    own = sum(parameter.size for parameter in layer.parameters)
    written = repr(layer)
    inside = written.startswith(f"{name}(") and written.endswith(")") and not branches
    return Block(
        path,
        name,
        written[len(name) + 1 : -1] if inside else "",
        "" if layer._output_shape is None else shape_in_words(layer._output_shape),
        own + sum(block.parameters for branch in branches for block in branch),
        not layer.trainable,
        tuple(branches),
        layer.join if isinstance(layer, Parallel) and len(branches) > 1 else "",
        isinstance(layer, Residual),
    )
