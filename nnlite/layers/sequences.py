"""A sequence is one example of shape (time, features): the same features at one step after the other.

So a batch is (batch, time, features), as in Keras and in PyTorch with `batch_first=True`. The channels of an image
come before its places, (channels, height, width); the features of a sequence come after its steps.
"""

from nnlite.errors import ShapeError
from nnlite.types import Shape


def check_sequence(input_shape: Shape) -> None:
    """Raises `ShapeError` if an input is not a sequence, (time, features)."""
    if len(input_shape) != 2:
        shape, steps = "[time, features]", ""
        if len(input_shape) == 1:
            shape, steps = (
                f"[{input_shape[0]}, 1]",
                "; a GRU or LSTM there gives all steps with return_sequences=True",
            )
        raise ShapeError(
            f"takes sequences, shape (time, features), but its input has shape {input_shape}; "
            f"put a Reshape({shape}) before it{steps}"
        )
