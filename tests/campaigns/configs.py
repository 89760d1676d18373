"""Mutated configs: each is valid, or refused by one error that is nnlite's own, in less than a second.

The configs that nnlite ships, and a larger one, are changed at random: bytes, lines, values, keys, nesting, overrides
on the command line. A valid one must read the same again as it is written in a run folder, and its model and trainer
are built, with 64 MiB of memory at most; a model too large for that is refused too.
"""

import contextlib
import copy
import datetime
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nnlite.config import toml
from nnlite.config import training_config as config
from nnlite.errors import ConfigError, NnliteError
from nnlite.plugins.registry import Registry
from tests.helpers.rows import rows_of

FULL, REDUCED = 100_000, 1500

SECONDS = 1.0

SHIPPED = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))
SHAPES = {"iris": (4,), "wine": (13,), "breast_cancer": (30,), "diabetes": (10,), "mnist": (1, 28, 28)}
LARGE = """
name = "larger"
seed = 3
plugins = ["layer.py"]
[data]
source = "digits"
test_fraction = 0.1
[model]
dtype = "float64"
layers = [
  { type = "Rescale", scale = 0.0625 },
  { type = "Reshape", shape = [1, 8, 8] },
  { type = "Conv2D", filters = 4, kernel_size = 3, padding = "same", stride = 1 },
  { type = "BatchNorm", momentum = 0.2 },
  { type = "PReLU" },
  { type = "MaxPool2D", kernel_size = [2, 2] },
  { type = "Flatten" },
  { type = "Residual", layers = [{ type = "Dense", units = 64 }, { type = "LayerNorm" }] },
  { type = "Shared", name = "b", layers = [{ type = "Dense", units = 4 }] },
  { type = "Parallel", join = "add", branches = [
    [{ type = "Select", columns = [0, 5] }, { type = "Shared", name = "a", layers = [{ type = "ReLU" }] }],
    [{ type = "Select", columns = [7, 5] }, { type = "Shared", name = "a" }, { type = "Tanh" }],
    [{ type = "Dense", units = 2 }],
  ] },
  { type = "Dense", units = 4 },
  { type = "TiedDense", to = "b", use_bias = false },
  { type = "Own", width = 3 },
  { type = "Dropout", rate = 0.5, trainable = true },
  { type = "Dense", units = 10, weight_init = "he_normal", bias_init = "zeros" },
  { type = "SoftmaxCrossEntropy", label_smoothing = 0.1, class_weight = "balanced" },
]
[optimizer]
type = "AdamW"
learning_rate = 1e-3
beta1 = 0.8
[schedule]
type = "Cosine"
warmup = 0.1
[early_stopping]
patience = 5
monitor = "validation_accuracy"
[training]
epochs = 20
accumulate = 2
clip_norm = 1.0
average = 0.99
max_seconds = 60.0
metrics = ["F1", { type = "TopK", k = 3 }, "ROCAUC"]
[checkpoints]
every_steps = 100
"""
TEXTS = [*(path.read_text(encoding="utf-8") for path in SHIPPED), LARGE]
CLASSES = [*Registry().classes, *Registry().metrics]
FILES = {
    "layer.py": (
        "from nnlite import Layer\nclass Own(Layer):\n    def __init__(self, width: int = 3, then=None):\n"
        "        self.width, self.then = width, then\n    def forward(self, x, *, training=False): return x\n"
        "    def backward(self, dy): return dy\n"
    ),
    "broken.py": "class Own(:\n",
    "raises.py": "1 / 0\n",
    "leaves.py": "raise SystemExit(3)\n",
    "text.txt": "no Python\n",
}
PLUGINS = [
    *FILES,
    "",
    ".",
    "..",
    "/",
    "nope.py",
    "pipe.py",
    "folder.py",
    "a\0b.py",
    "x" * 5000,
    "\u202e.py",
    "~",
    "c.toml",
]
VALUES: list[Any] = [
    *(0, -1, 1, 2, 3, 7, 1000, 10**6, 10**9, 2**31, 2**63 - 1, -(2**63), 10**30),
    *(0.0, -0.0, 0.5, 1.0, 1.5, -1e308, 1e308, 5e-324, float("inf"), float("nan"), 1e-9),
    *(
        "",
        " ",
        "\0",
        "\x7f",
        "\u202e",
        "é",
        "\U0001f600",
        "x" * 5000,
        "Dense",
        "ReLU",
        "SGD",
        "balanced",
        "same",
        "nan",
    ),
    *(True, False, [], [[]], {}, [0], [1, 1], [1] * 1000, [[[[]]]], [{}], {"type": 3}, {"type": "Dense"}, {"": ""}),
    {"type": "Dense", "units": 3},
    [{"type": "ReLU"}, {"type": "Dense", "units": 10**9}],
    [{"type": "ReLU"} for _ in range(500)],
    {"type": "Residual", "layers": [{"type": "ReLU"}, {"type": "Dense", "units": 0}]},
    {"type": "Parallel", "branches": [[], [{"type": "Shared", "name": "a"}], [{"type": "Select", "columns": [0]}]]},
    {"type": "Shared", "name": "a", "layers": [{"type": "Dense", "units": 3}]},
    {"type": "Own", "then": {"type": "SGD", "momentum": 2}},
    datetime.date(1979, 5, 27),
    datetime.time(7, 32),
    datetime.datetime(1979, 5, 27, 7, 32, tzinfo=datetime.UTC),
]
KEYS = [
    "",
    "type",
    "units",
    "layers",
    "seed",
    "x" * 5000,
    "unit",
    "épochs",
    "\0",
    "a.b",
    "trainable",
    "plugins",
    "model",
]


def run(size: int) -> str:
    """Tries `size` mutated configs."""
    outcomes, slowest = Counter[str](), 0.0
    with _folder():
        for index in range(size):
            kind, content, changes = mutation(index)
            try:
                outcome, seconds = attempt(content, changes)
                if seconds > SECONDS:  # or was somebody else's work in the way?
                    outcome, seconds = attempt(content, changes)
            except Exception as error:
                raise AssertionError(f"config {index}, {kind}: {type(error).__name__}: {error}") from error
            assert seconds <= SECONDS, f"config {index}, {kind}, takes {seconds:.2f} s"
            slowest = max(slowest, seconds)
            outcomes[outcome] += 1
    valid = outcomes["valid"] + outcomes["built"]
    return (
        f"{size:,} configs: {outcomes['refused']:,} refused, {valid:,} valid, of which {outcomes['built']:,} make a "
        f"model and the others say why not; the slowest took {slowest:.2f} s"
    )


def attempt(content: bytes | dict[str, Any], changes: list[str]) -> tuple[str, float]:
    """What becomes of a config, and in how many seconds: "refused", or "valid" but no model, or "built"."""
    path, again = Path("c.toml"), Path("again.toml")
    if isinstance(content, bytes):
        path.write_bytes(content)
    started = time.perf_counter()
    try:
        settings = config.load(path, changes) if isinstance(content, bytes) else config.check(content, path)
    except ConfigError as error:
        seconds = time.perf_counter() - started
        assert len(str(error)) < 50_000, "an error is for reading"
        return "refused", seconds
    shape = SHAPES.get(settings.document["data"]["source"], (64,))
    try:
        with _little_memory():
            settings.build_trainer(settings.build_model(rows_of(shape)))
        outcome = "built"
    except NnliteError:
        outcome = "valid"
    seconds = time.perf_counter() - started
    again.write_text(settings.to_toml(), encoding="utf-8")
    if again.stat().st_size <= toml.MAX_BYTES:
        assert repr(config.load(again).document) == repr(settings.document)  # as text, in which NaN is NaN
    return outcome, seconds


def mutation(index: int) -> tuple[str, bytes | dict[str, Any], list[str]]:
    """The kind of a try, its text or document, and the overrides."""
    rng = random.Random(index)
    text, kind = rng.choice(TEXTS), rng.choice(KINDS)
    return kind.__name__, *kind(rng, text)


Made = tuple[bytes | dict[str, Any], list[str]]


def flipped_bytes(rng: random.Random, text: str) -> Made:
    content = bytearray(text.encode())
    for _ in range(rng.choice((1, 1, 2, 5, 50))):
        content[rng.randrange(len(content))] = rng.choice((rng.randrange(256), rng.randrange(32, 127)))
    return bytes(content), []


def moved_pieces(rng: random.Random, text: str) -> Made:
    for _ in range(rng.choice((1, 2, 10))):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((1, 3, 30, 1000)))
        there = rng.randrange(len(text) + 1)
        piece = rng.choice((text[start:end], text[start:end] * 3, rng.choice('[]{}"=,.#\n\r\t\\\0é\u2028'), ""))
        text = text[:start] + text[end:] if not piece else text[:there] + piece + text[there:]
    return text.encode(), []


def moved_lines(rng: random.Random, text: str) -> Made:
    lines = text.splitlines(keepends=True)
    for _ in range(rng.choice((1, 2, 5))):
        here, there = rng.randrange(len(lines)), rng.randrange(len(lines))
        rng.choice(
            (
                lambda here, there: lines.insert(there, lines[here]),
                lambda here, there: lines.__setitem__(here, lines[here].rstrip("\n") * 40 + "\n"),
                lambda here, there: lines.__setitem__(slice(here, here + 1), lines[here : here + 1] * 300),
                lambda here, there: lines.insert(there, lines.pop(here)),
                lambda here, there: lines.pop(here) if len(lines) > 1 else None,
            )
        )(here, there)
    return "".join(lines).encode(), []


def changed_values(rng: random.Random, text: str) -> Made:
    """As a document: what no text can say too, such as integers of a hundred bits."""
    return _changed(rng, toml.parse(text.encode())), []


def changed_values_as_text(rng: random.Random, text: str) -> Made:
    return toml.dump(_changed(rng, toml.parse(text.encode()))).encode("utf-8", "surrogatepass"), []


def nested_deep(rng: random.Random, text: str) -> Made:
    """One thing inside the other, as a document, or as text in the place of a layer or behind everything."""
    shells = rng.choice(
        (
            ("[{}]",),
            ("{{ a = {} }}",),
            ('{{ type = "Own", then = {} }}',),
            ('{{ type = "Residual", layers = [{}] }}',),
            ('{{ type = "Parallel", branches = [[{}]] }}',),
            ('{{ type = "Shared", name = "a", layers = [{}] }}',),
            (
                '{{ type = "Residual", layers = [{{ type = "ReLU" }}, {}] }}',
                '{{ type = "Own", then = [{}] }}',
                "[{}]",
            ),
        )
    )
    depth = rng.choice((2, 10, 25, 30, 31, 32, 60, 63, 64, 100, 130, 150, 170, 200, 300, 900))
    before, after, inner = [], [], rng.choice(('{ type = "ReLU" }', '{ type = "Dense", units = 8 }', "3", "[]"))
    for _ in range(depth):
        front, _, back = rng.choice(shells).format("\0").partition("\0")
        before.append(front)
        after.append(back)
    value = "".join(before) + inner + "".join(reversed(after))
    if rng.random() < 0.3:
        return f"{text}\n[further]\nkey = {value}\n".encode(), []
    if rng.random() < 0.3:
        return text.encode(), [f"model.layers[{rng.randrange(3)}]={value}", "a." * depth + "a=1"][
            : rng.choice((1, 2))
        ]
    return text.replace("layers = [", f"layers = [\n  {value},", 1).encode(), []


def many(rng: random.Random, text: str) -> Made:
    """As much of something as fits into a config."""
    size = rng.choice((10, 100, 1000, 5000, toml.MAX_BYTES - len(text.encode()) - 200))
    one = rng.choice(
        (
            '{ type = "ReLU" },',
            '{ type = "Dens" },',
            "{ units = 3 },",
            "3,",
            "[],",
            '{ type = "Dense", units = 0, a = 1 },',
        )
    )
    layers = f"[model]\nlayers = [{one * (size // len(one))}]\n"
    keys = "".join(f"a{number} = 1\n" for number in range(size // 12))
    twice = text.replace("[training]", f"[training]\n{keys}", 1)
    before, _, after = text.partition("[model]")
    return rng.choice(
        (before + layers, keys + text, twice, before + layers + after.partition("]\n\n")[2])
    ).encode(), []


def overridden(rng: random.Random, text: str) -> Made:
    paths = [*_paths(toml.parse(text.encode())), ("training.threads", 1), ("schedule.type", ""), ("training.seed", 0)]
    changes = []
    for _ in range(rng.choice((1, 1, 2, 6))):
        key, value = rng.choice(paths)
        if rng.random() < 0.2:
            key = rng.choice((f"{key}.{rng.choice(KEYS)}", f"{key}[{rng.choice(VALUES)}]", *KEYS, key[:-1]))
        value = rng.choice((_near(rng, value), _near(rng, value), rng.choice(VALUES)))
        shown = rng.choice(
            (toml.show(value), str(value), toml.show(value), rng.choice([*PLUGINS, "=", "{", "\udcff"]))
        )
        changes.append(f"{key}={shown}" if rng.random() < 0.9 else rng.choice((f"{key} = {shown}", key, shown)))
    return text.encode(), changes


def plugged_in(rng: random.Random, text: str) -> Made:
    plugins = rng.choices(PLUGINS, k=rng.choice((0, 1, 1, 2, 5)))
    document = toml.parse(text.encode()) | {"plugins": rng.choice((plugins, plugins, rng.choice(VALUES)))}
    return document, []


KINDS: tuple[Callable[[random.Random, str], Made], ...] = (
    flipped_bytes,
    flipped_bytes,
    moved_pieces,
    moved_lines,
    changed_values,
    changed_values,
    changed_values_as_text,
    changed_values_as_text,
    nested_deep,
    many,
    overridden,
    plugged_in,
)


def _changed(rng: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        place, key = rng.choice(_places(document))
        other, taken = rng.choice(_places(document))
        what = rng.random()
        if what < 0.6 or len(_places(document)) > 1000:
            place[key] = _near(rng, place[key]) if what < 0.4 else copy.deepcopy(rng.choice(VALUES))
        elif what < 0.7:
            place[key] = copy.deepcopy(other[taken])  # a value that is right elsewhere
        elif what < 0.8:
            del place[key]
        elif isinstance(place, dict):
            place[rng.choice(KEYS)] = place.pop(key) if what < 0.9 else copy.deepcopy(rng.choice(VALUES))
        else:
            place.insert(key, copy.deepcopy(rng.choice(VALUES)))
        if not _places(document):
            break
    return document


def _near(rng: random.Random, value: Any) -> Any:
    """A value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice((0, 1, 2, 3, 5, 8, 10, 64, 100, 10**4, 10**7, 10**9, 2**40, 2**63 - 1))
    if isinstance(value, float):
        return rng.choice((0, 1, 0.0, 1e-300, 1e-3, 0.1, 0.3, 0.9, 0.999999999, 1.0, 2.5, 1e9, 1e308))
    if isinstance(value, str):
        return rng.choice((*CLASSES, *SHAPES, "float32", "he_uniform", "ones", "same", "balanced", "training_loss"))
    if isinstance(value, list):
        return rng.choice((value[::-1], value[:-1], value * 2, value[1:], [*value, *value[:1]]))
    return copy.deepcopy(rng.choice(VALUES))


def _paths(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """The keys of a document as an override names them, and their values."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = []
    for key, item in items:
        here = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".removeprefix(".")
        inner += [(here, item), *_paths(item, here)]
    return inner


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Where a value stands: its table or list, and the key or index in it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in ((value, key), *_places(item))]


@contextlib.contextmanager
def _folder() -> Iterator[None]:
    """A folder with the files that plug-ins may name; the working folder meanwhile."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, text in FILES.items():
            Path(name).write_text(text)
        Path("folder.py").mkdir()
        if hasattr(os, "mkfifo"):
            os.mkfifo("pipe.py")
        yield


@contextlib.contextmanager
def _little_memory() -> Iterator[None]:
    """A model whose parameters the machine has memory for would take longer to draw than a campaign has time."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):  # not Linux
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**26, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
