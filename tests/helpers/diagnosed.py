"""What a diagnosis is made of, made up: a history from curves, a model that is trained or made, and its subject."""

import numpy as np

from nnlite import SGD, Dense, History, Sequential, SoftmaxCrossEntropy, Standardize, Trainer
from nnlite.data import from_arrays
from nnlite.diagnosis import Settings
from nnlite.diagnosis.subject import Subject


def history_of(training, validation=None, **figures):
    """A history with these training losses, validation losses, and other figures."""
    history = History()
    for index, loss in enumerate(training):
        row = {"epoch": index + 1, "training_loss": float(loss)}
        if validation is not None:
            row["validation_loss"] = float(validation[index])
        history.append(row | {name: float(values[index]) for name, values in figures.items()})
    return history


def clouds(rows=200, seed=0, apart=3.0, features=4, classes=2):
    """Rows of well separated classes, half of each where there are two."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % classes
    x = rng.normal(size=(rows, features))
    x[:, 0] += apart * y
    return from_arrays(x, y)


def fitted(data, layers=None, validation=None, optimizer=None, **options):
    """A trainer that has been trained on data, of a linear model if no layers are given."""
    classes = len(data.classes or ()) or 1
    layers = layers or [Standardize(), Dense(classes), SoftmaxCrossEntropy()]
    options = {"epochs": 30} | options
    trainer = Trainer(Sequential(layers), optimizer or SGD(0.1, momentum=0.9), **options)
    trainer.fit(data, validation, progress=False)
    return trainer


def subject_of(trainer, train, validation=None, test=None, history=None, figures=None, settings=None):
    return Subject(
        trainer.model,
        trainer.history if history is None else history,
        settings or Settings.of(trainer),
        train,
        validation,
        test,
        figures or {},
    )


def untrained(data, layers):
    """A trainer whose model is built and adapted, but not trained."""
    trainer = Trainer(Sequential(layers), SGD(0.1))
    trainer.model.build(data.x.shape[1:], seed=0)
    trainer.model.adapt(data.x, data.y)
    return trainer


def look(looks, subject):
    """The finding of a look, or None."""
    found = list(looks(subject))
    assert len(found) <= 1
    return found[0] if found else None
