"""What a run has trained, as what comes after training takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nnlite.core.ensemble import Ensemble
from nnlite.core.sequential import Sequential
from nnlite.diagnosis.settings import Settings
from nnlite.metrics.metric import Metric
from nnlite.training.history import History


@dataclass(frozen=True)
class Trained:
    """What a run has trained.

    Attributes:
        model: the model, or the ensemble of the members.
        histories: the history of each network by the name that it has in the figure of the curves.
        thread_count: how many threads multiply matrices.
        metrics: the metrics of the trainer.
        settings: how it was trained.
    """

    model: Sequential | Ensemble
    histories: Mapping[str, History]
    thread_count: int
    metrics: Sequence[Metric] = ()
    settings: Settings = field(default_factory=Settings)

    @property
    def first(self) -> Sequential:
        """The model, or the first member of the ensemble."""
        return self.model.members[0] if isinstance(self.model, Ensemble) else self.model

    @property
    def members(self) -> int:
        """How many networks there are."""
        return len(self.model.members) if isinstance(self.model, Ensemble) else 1
