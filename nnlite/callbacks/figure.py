"""The figure of an epoch that a callback looks at, by the name of its column in the history."""

from collections.abc import Mapping

from nnlite.errors import ConfigError, nearest


def figure(row: Mapping[str, float], monitor: str, who: object) -> float:
    """The value of a column of this epoch; raises `ConfigError` where there is none.

    Args:
        row: the epoch's row of the history.
        monitor: the column.
        who: the callback that looks at it, for the message.
    """
    if monitor not in row:
        valid = [name for name in row if name not in ("epoch", "seconds")]
        raise ConfigError(
            f"{who!r}: an epoch has no figure {monitor!r}{nearest(monitor, valid)}. Figures of another callback are "
            "there if it comes before this one"
        )
    return row[monitor]
