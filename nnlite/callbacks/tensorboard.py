"""TensorBoard shows the figures of a fit in the program of that name: pip install nnlite[tensorboard]"""

from typing import TYPE_CHECKING, Any

from nnlite import clock
from nnlite.errors import ConfigError, RunError
from nnlite.training.callbacks import Callback

if TYPE_CHECKING:
    from nnlite.training.fit import Fit


class TensorBoard(Callback):
    """Writes the figures of each epoch where TensorBoard finds them: `tensorboard --logdir FOLDER`.

    Training and validation figures of one kind stand together, such as loss/training and loss/validation. A fit that
    goes on after an interruption writes a further file, whose epochs take the place of those that were lost.

    Args:
        path: the folder of its files, in the run folder if a config trains.

    Raises:
        ConfigError: when the package tensorboard is not installed.
        RunError: when a file cannot be written.

    >>> from nnlite import TensorBoard
    >>> TensorBoard()
    TensorBoard()
    """

    def __init__(self, path: str = "tensorboard") -> None:
        self.path = path

    def begin(self, fit: "Fit") -> None:
        try:
            from tensorboard.summary.writer.event_file_writer import EventFileWriter
        except ImportError as error:
            raise ConfigError(f"TensorBoard wants its package: pip install nnlite[tensorboard] ({error})") from None
        folder = self.run_folder / self.path
        try:
            self._writer: Any = EventFileWriter(str(folder))
        except OSError as error:
            raise RunError(f"cannot write to {folder}: {error.strerror or error}") from None
        if fit.history.rows:  # a checkpoint may be older than the last epoch that was written
            self._add(len(fit.history) + 1, purge=True)

    def after_epoch(self, fit: "Fit", row: dict[str, float]) -> None:
        self._add(int(row["epoch"]), {_tag(name): figure for name, figure in row.items() if name != "epoch"})

    def _add(self, epoch: int, figures: dict[str, float] | None = None, *, purge: bool = False) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary

        if purge:  # TensorBoard forgets what it has from this epoch on
            event = Event(wall_time=clock.now(), step=epoch, session_log=SessionLog(status=SessionLog.START))
        else:
            values = [Summary.Value(tag=tag, simple_value=figure) for tag, figure in (figures or {}).items()]
            event = Event(wall_time=clock.now(), step=epoch, summary=Summary(value=values))
        self._writer.add_event(event)
        self._writer.flush()

    def end(self, fit: "Fit") -> None:
        if hasattr(self, "_writer"):
            self._writer.close()
            del self._writer


def _tag(column: str) -> str:
    """The name of a chart and of the line in it: "loss/validation" for the column "validation_loss"."""
    part, _, name = column.partition("_")
    return f"{name}/{part}" if part in ("training", "validation") else column
