"""The errors a user can cause: each says what came, what was expected and what to do.

Every one of them is an `NnliteError`, so one `except` clause catches whatever nnlite itself reports.
Those about a wrong value are `ValueError` too, as users of NumPy and scikit-learn expect.
"""

from collections.abc import Iterable


class NnliteError(Exception):
    """Whatever nnlite reports about its use; the message is meant for the user."""


class ConfigError(NnliteError, ValueError):
    """A config file or a constructor's argument is wrong."""


class DataError(NnliteError, ValueError):
    """Rows, labels or a data file cannot be used."""


class RowError(DataError):
    """A row cannot be used.

    Args:
        before, after: the message, around the words "row 3".
        row: the number of the row, from 0, among those that were looked at.
    """

    def __init__(self, before: str, row: int, after: str) -> None:
        super().__init__(f"{before}row {row}{after}")
        self.row, self._words = int(row), (before, after)

    def numbered(self, row: int) -> "RowError":
        """The same error with another number, such as the row's in the user's file."""
        return RowError(self._words[0], row, self._words[1])

    def __reduce__(self) -> tuple[type, tuple[str, int, str]]:
        return RowError, (self._words[0], self.row, self._words[1])


class TableError(DataError):
    """A table, or a cell of it, is not what it was said to be.

    Args:
        said: what is wrong.
        remedy: what to do where the table is described, as for a training: such as what to say of a column.
        of_model: what to do where a trained model has the description, so that only the rows can be mended.
    """

    def __init__(self, said: str, remedy: str, of_model: str) -> None:
        super().__init__(f"{said}; {remedy}")
        self._words = said, remedy, of_model

    def for_model(self) -> DataError:
        """The same error, with what to do about rows that a trained model reads."""
        return DataError(f"{self._words[0]}; {self._words[2]}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return TableError, self._words


class ShapeError(NnliteError, ValueError):
    """An array's shape does not fit the layer, parameter or model it is given to."""


class ModelFileError(NnliteError):
    """A model file, or a checkpoint, is missing, damaged, or not one."""


class UnreadableError(ModelFileError):
    """A model file or checkpoint cannot be read now (permissions, memory, a newer format), but may be intact.

    Resuming must not fall back to an older one.
    """


class DivergenceError(NnliteError, ArithmeticError):
    """The loss or the weights became infinite or NaN during training."""


class PluginError(NnliteError):
    """The code of a plug-in has failed while it was used; the error that it raised is the cause."""


class RunError(NnliteError):
    """A run folder, or a file in it, cannot be read or written."""


_MOST_NAMES = 100  # a table may have thousands of columns


def nearest(name: str, valid: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest valid name, then all of them, or the first hundred.

    >>> from nnlite.errors import nearest
    >>> "there is no layer 'Dens'" + nearest("Dens", ["Dense", "ReLU"])
    "there is no layer 'Dens'; did you mean 'Dense'? Valid: Dense, ReLU"
    """
    import difflib  # here, since it takes time to import and is needed for a wrong name only

    names = list(valid)
    lowered = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower()[:100], lowered, n=1)  # comparing takes time, and memory
    guess = f"; did you mean {lowered[close[0]]!r}?" if close else "."
    more = f", … ({len(names):,} in all)" if len(names) > _MOST_NAMES else ""
    return f"{guess} Valid: {', '.join(names[:_MOST_NAMES]) + more if names else 'none'}"


def same_but_for_case(name: str, valid: Iterable[str]) -> str:
    """The end of a message that has named the valid names: the one that differs in case or spaces alone, or "".

    >>> from nnlite.errors import same_but_for_case
    >>> same_but_for_case("Paid ", ["age", "paid"]), same_but_for_case("pay", ["age", "paid"])
    ("; did you mean 'paid'?", '')
    """
    alike = [each for each in valid if "".join(each.casefold().split()) == "".join(name.casefold().split())]
    return f"; did you mean {alike[0]!r}?" if alike else ""
