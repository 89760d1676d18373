"""The members of an ensemble are trained one after another, each on validation rows of its own."""

from collections.abc import Callable

from nnlite.core.ensemble import Ensemble
from nnlite.core.sequential import Sequential
from nnlite.data.dataset import Dataset
from nnlite.data.split import split
from nnlite.errors import ConfigError
from nnlite.training.trainer import Trainer


def train_members(
    make: Callable[[int], Trainer],
    data: Dataset,
    members: int = 5,
    *,
    validation_fraction: float = 0.2,
    seed: int = 0,
    progress: bool = True,
) -> Ensemble:
    """Trains several networks on the same rows, and returns them as one model, the mean of their predictions.

    Each member has validation rows of its own, drawn from all rows; with early stopping about half of what an
    ensemble gains comes from that.

    Args:
        make: gives a new trainer with a new model for the member's number, from 0; let its seed depend on it.
        data: the rows, test rows left out.
        members: how many networks are trained.
        validation_fraction: the part of the rows that a member is validated on; 0 for none.
        seed: the seed of the validation rows.
        progress: whether a bar shows how each fit goes, as in `Trainer.fit`.

    Raises:
        ConfigError, DataError, ShapeError: as `Trainer.fit` does.

    >>> import numpy as np
    >>> from nnlite import SGD, Dataset, Dense, Sequential, SoftmaxCrossEntropy, Trainer, train_members
    >>> data = Dataset(np.linspace(0, 1, 20)[:, None], np.arange(20) // 10)
    >>> def make(member):
    ...     model = Sequential([Dense(2), SoftmaxCrossEntropy()])
    ...     return Trainer(model, SGD(1.0), epochs=60, batch_size=4, seed=member)
    >>> ensemble = train_members(make, data, members=3)
    >>> ensemble.predict(np.array([[0.0], [1.0]])).argmax(axis=1).tolist()
    [0, 1]
    """
    if members < 1:
        raise ConfigError(f"members is {members}; expected 1 or more")
    models: list[Sequential] = []
    for member in range(members):
        parts = split(data, 0.0, validation_fraction, seed, member=member)
        trainer = make(member)
        if not isinstance(trainer, Trainer):
            raise ConfigError(f"make gave a {type(trainer).__name__}, expected a Trainer")
        if any(trainer.model is model for model in models):
            raise ConfigError(f"make gave member {member} the model of another one; make a new model each time")
        trainer.fit(parts.train, parts.validation, progress=progress)
        models.append(trainer.model)
    return Ensemble(models)
