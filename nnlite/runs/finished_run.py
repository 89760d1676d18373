"""A finished run as Python code sees it: its figures, its histories and its model, read from its folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlite import plots
from nnlite.core.predictor import Predictor
from nnlite.diagnosis.finding import Finding
from nnlite.plots.inline import image
from nnlite.runs import findings
from nnlite.runs.figures import figures_in_lines
from nnlite.runs.folder import RunFolder
from nnlite.saving import model_file
from nnlite.text import as_html, counted
from nnlite.training.history import History


@dataclass(frozen=True, repr=False, eq=False)
class FinishedRun:
    """What a finished run has left.

    Attributes:
        folder: the run folder.
        config: the config, all defaults filled in, as `nnlite.train` takes it.
        figures: what the folder's metrics.json says: "test" and "validation" are dicts of figures, None where one is
            undefined.
        histories: the history of each network, one for each member of an ensemble.
        predictor: the model, ready for raw rows, as `nnlite.load` gives it.
        findings: what is likely wrong with the training or its data, the gravest first: each has a `name`, a
            `severity`, a `sentence`, its `evidence` and the `change` of the config that is likely to help.
    """

    folder: Path
    config: dict[str, Any]
    figures: dict[str, Any]
    histories: tuple[History, ...]
    predictor: Predictor
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """The name of the config."""
        name: str = self.config["name"]
        return name

    @property
    def history(self) -> History:
        """The figures of each epoch; of an ensemble those of its first member."""
        return self.histories[0]

    def __repr__(self) -> str:
        return "\n".join([f"{self.name}: {self._epochs()}", *self._figures(), str(self.folder)])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        heading, *lines = map(as_html, (self.name, self._epochs(), *self._figures()))
        words = "<br>".join([f"<strong>{heading}</strong>", *lines, f"<code>{as_html(self.folder)}</code>"])
        named = {f"member {number}": history for number, history in enumerate(self.histories, start=1)}
        drawn = {name: history for name, history in named.items() if len(history)}
        if not drawn:  # it ended before the first epoch
            return words
        if len(self.histories) == 1:
            drawn = {self.name: self.history}
        return f"{words}<br>{image(plots.curves(drawn), f'curves of {self.name}')}"

    def _epochs(self) -> str:
        lengths = [len(history) for history in self.histories]
        if len(lengths) > 1:
            return f"{counted(len(lengths), 'network')}, {', '.join(map(str, lengths))} epochs"
        best = self.history.best_epoch
        words = counted(lengths[0], "epoch")
        return words if best in (None, lengths[0]) else f"{words}, the best was epoch {best}"

    def _figures(self) -> Iterator[str]:
        """Lines with the figures of the test rows, or of the validation rows where there are none."""
        part = next((part for part in ("test", "validation") if self.figures.get(part)), "")
        return figures_in_lines(self.figures.get(part, {}), f"{part} ")


def read(folder: RunFolder) -> FinishedRun:
    """The finished run in the folder; raises an `NnliteError` where a file of it cannot be read."""
    config = folder.read_config().document
    figures = folder.read_metrics()
    if folder.history.exists() or folder.member(0).history.exists():
        histories = tuple(folder.read_histories().values())
    else:  # it ended before the first epoch
        histories = (History(),)
    predictor = model_file.load(folder.path, plugins=config["plugins"])
    return FinishedRun(folder.path, config, figures, histories, predictor, findings.read(folder))
