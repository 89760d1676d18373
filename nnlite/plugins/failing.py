"""An error in the code of a plug-in is told with its place: the class and method, and the line of the user's file."""

import contextlib
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from nnlite.errors import NnliteError, PluginError
from nnlite.plugins.files import BEGIN_OF_NAME, line_in
from nnlite.plugins.packages import GROUP


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Within the block an error that arises in a plug-in becomes a `PluginError`, whose cause it is.

    It looks at an error alone, and so costs nothing while all goes well. An error in which no plug-in has a part goes
    on as it is, and so do Ctrl-C, nnlite's own errors, a lack of memory, a pipe that nobody reads any more, and
    warnings that Python was told to raise.
    """
    try:
        yield
    except (NnliteError, MemoryError, BrokenPipeError, Warning):
        raise
    except (Exception, SystemExit) as error:
        if not (said := _in_words(error)):
            raise
        found = PluginError(said)
        for note in getattr(error, "__notes__", ()):  # how to go on with the run, say
            found.add_note(note)
        raise found from error


def _in_words(error: BaseException) -> str:
    """Where in which plug-in the error arose, and what it says; "" if no plug-in has a part in it."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = _own(frames)
    if not own:
        return ""
    path = own[-1].f_code.co_filename
    place = f"{_shown(path)}: {own[0].f_code.co_qualname} fails{line_in(path, error)}"
    if isinstance(error, SystemExit):
        return (
            f"{place}: it raises SystemExit({'' if error.code is None else repr(error.code)}), which would end the "
            "program in the middle of its work; a callback ends a fit by fit.stop(why), and what is wrong is said by "
            "an exception of another kind"
        )
    said = f"{place}: {type(error).__name__}: {error}".removesuffix(": ")  # as of an assert without words
    if frames[-1] not in own:  # it may be at fault itself, a function of nnlite too
        last = traceback.extract_tb(error.__traceback__)[-1]
        said += f" (raised by {_shown(last.filename)}, line {last.lineno})"
    return said


def _own(frames: list[FrameType]) -> list[FrameType]:
    """The frames that lie in a plug-in: a file that was run as one, a file beside it, or a package of the group."""
    modules = [module for name, module in sys.modules.items() if name.startswith(BEGIN_OF_NAME)]
    files = {getattr(module, "__file__", None) for module in modules}
    if found := [frame for frame in frames if frame.f_code.co_filename in files]:
        return found
    from importlib.metadata import entry_points  # here, since it takes time to import

    packages = {point.module.partition(".")[0] for point in entry_points(group=GROUP)} - {"nnlite"}
    return [frame for frame in frames if str(frame.f_globals.get("__name__")).partition(".")[0] in packages]


def _shown(path: str) -> str:
    """The path of a file, relative to the working folder if it lies there."""
    with contextlib.suppress(ValueError, OSError):
        return str(Path(path).relative_to(Path.cwd()))
    return path
