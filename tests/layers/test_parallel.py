"""Parallel and Select: branches joined, columns by number and by name, also from a config and a table."""

import numpy as np
import pytest

import nnlite
from nnlite import (
    Columns,
    ConfigError,
    Conv2D,
    Dense,
    Embeddings,
    Flatten,
    Parallel,
    PeriodicEmbedding,
    Select,
    Sequential,
    ShapeError,
    Shared,
    Standardize,
    Tanh,
)
from nnlite.config import training_config
from nnlite.core.tree import walk
from nnlite.layers.for_table import for_table

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def outputs(layer, x=X):
    return Sequential([layer]).build(x.shape[1:], dtype="float64").forward(x).tolist()


def test_outputs_stand_side_by_side_or_are_added():
    double = [Dense(3, weight_init="ones", use_bias=False)]
    assert outputs(Parallel([double, []])) == [[6, 6, 6, 1, 2, 3], [15, 15, 15, 4, 5, 6]]
    again = [Dense(3, weight_init="ones", use_bias=False)]
    assert outputs(Parallel([again, []], join="add")) == [[7, 8, 9], [19, 20, 21]]
    assert outputs(Parallel([[]])) == X.tolist()


def test_sequences_join_along_their_features_and_images_along_their_channels():
    for shape, joined in (((2, 3), (2, 6)), ((2, 3, 4), (4, 3, 4))):
        model = Sequential([Parallel([[Tanh()], []])]).build(shape)
        assert model.output_shape == joined
        assert model.forward(np.ones((5, *shape))).shape == (5, *joined)


def test_columns_by_number_and_by_name_in_the_order_asked_for():
    assert outputs(Select([2, 0])) == [[3, 1], [6, 4]]
    names = ["size", "colour", "colour"]
    assert outputs(Select(["colour", "size"], names=names)) == [[2, 3, 1], [5, 6, 4]]


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        (Select([3]), ShapeError, r"selects column 3, counted from 0, but its input has shape \(3,\)"),
        (Select(["a"]), ConfigError, "selects by name, but knows no names: pass names=data.feature_names"),
        (Select(["ag"], names=["age", "b", "c"]), ConfigError, "its input has no column 'ag'.*'age'"),
        (Select(["a"], names=["a", "b"]), ShapeError, r"is told the names of 2 columns, .* \(3,\)"),
        (Parallel([[Dense(2)], []], join="add"), ShapeError, r"the shapes \(2,\) and \(3,\), which cannot be added"),
        (
            Parallel([[Dense(2)], [Dense(3), Flatten(), Conv2D(1, 1)]]),
            ShapeError,
            r"branches\[1\]\[2\] Conv2D",
        ),
    ],
)
def test_what_does_not_fit_says_why(layer, error, message):
    with pytest.raises(error, match=message):
        Sequential([layer]).build((3,))


def test_shapes_that_cannot_stand_side_by_side():
    with pytest.raises(ShapeError, match=r"\(2, 3, 3\) and \(1, 2, 2\), which cannot stand side by side"):
        Sequential([Parallel([[], [Conv2D(1, 2)]])]).build((2, 3, 3))


@pytest.mark.parametrize("columns", [[], [0, 0], ["a", "a"], [-1], "ab", [1.5]])
def test_only_columns_are_selected_each_once(columns):
    with pytest.raises(ConfigError, match="columns"):
        Select(columns)


@pytest.mark.parametrize("branches", [[], [Dense(3)], Dense(3), [[3]], "ab"])
def test_only_lists_of_layers_are_branches(branches):
    with pytest.raises(ConfigError, match="branches"):
        Parallel(branches)


def test_names_reach_select_behind_columns_and_in_branches():
    """Of a table with a number, its flag, and two categories, of which the large one stays codes."""
    layers = [
        Columns(one_hot=4),
        Parallel(
            [[Select(["age"]), PeriodicEmbedding()], [Select(["town"]), Embeddings()], [Select(["sex", "age"])]]
        ),
        Dense(2),
    ]
    told = list(for_table(layers, codes=(0, 0, 4, 20), numbers=1, names=("age", "age is missing", "sex", "town")))
    columns, parallel, _ = told
    names = ("age", "age is missing", "sex", "sex", "sex", "town")
    assert columns.codes == (0, 0, 4, 20)
    (age, periodic), (town, embeddings), (both,) = parallel.branches
    assert age.names == town.names == both.names == names
    assert (periodic.columns, embeddings.codes) == (1, (20,))
    model = Sequential(told).build((4,))
    assert both is model.layers[1].branches[2][0]
    assert both.at.tolist() == [2, 3, 4, 0] and town.at.tolist() == [5]


def test_a_config_selects_columns_of_a_table_by_name_and_shares_a_tower(tmp_path):
    rng = np.random.default_rng(0)
    lines = ["one,two,town,y"]
    for _ in range(120):
        one, two, town = rng.normal(), rng.normal(), rng.integers(15)
        lines.append(f"{one:.3f},{two:.3f},t{town},{one * two + 0.1 * town + rng.normal():.3f}")
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "c.toml").write_text(
        """
        [data]
        source = "csv"
        path = "rows.csv"
        target = "y"
        [model]
        layers = [
          { type = "Columns" },
          { type = "Parallel", branches = [
              [{ type = "Select", columns = ["one"] }, { type = "Shared", name = "tower", layers = [
                  { type = "Dense", units = 4 }, { type = "Tanh" }] }],
              [{ type = "Select", columns = ["two"] }, { type = "Shared", name = "tower" }],
              [{ type = "Select", columns = ["town"] }, { type = "Embeddings" }],
          ] },
          { type = "Dense" },
          { type = "MeanSquaredError" },
        ]
        [training]
        epochs = 3
        """
    )
    run = nnlite.train(tmp_path / "c.toml", out=tmp_path / "run", progress=False)
    model = run.predictor.model
    select = [layer for _, layer, _ in walk(model.layers) if isinstance(layer, Select)]
    assert [layer.names for layer in select] == [("one", "two", "town")] * 3
    assert [path for path in model.parameters.paths if "weight" in path] == [
        "1.1.0.weight",
        "1.5.weight",
        "2.weight",
    ]
    assert np.isfinite(run.figures["test"]["loss"])
    assert len(nnlite.load(tmp_path / "run").predict(tmp_path / "rows.csv")) == 120
    changed = training_config.load(tmp_path / "c.toml", ["model.layers[1].branches[0][1].layers[0].units=3"])
    assert changed.document["model"]["layers"][1]["branches"][0][1]["layers"][0]["units"] == 3


def test_names_of_columns_are_known_without_a_table_and_not_behind_a_layer_that_mixes_them(tmp_path):
    def model(*before):
        layers = [
            *before,
            {"type": "Select", "columns": ["alcohol"]},
            {"type": "Dense"},
            {"type": "SoftmaxCrossEntropy"},
        ]
        config = training_config.check({"data": {"source": "wine"}, "model": {"layers": layers}}, tmp_path / "c.toml")
        return config.build()[1].model

    assert model({"type": "Standardize"}).layers[1].at.tolist() == [0]
    with pytest.raises(ConfigError, match="selects by name, but knows no names"):
        model({"type": "Dense", "units": 13})


def test_each_branch_learns_from_what_it_is_given(rng):
    x = rng.normal(size=(30, 2)) * [1, 50] + [0, 9]
    model = Sequential([Parallel([[Select([0]), Standardize()], [Select([1]), Shared("a", [Standardize()])]])]).build(
        (2,)
    )
    model.adapt(x)
    y = model.forward(x)
    assert np.allclose(y.mean(axis=0), 0, atol=1e-5) and np.allclose(y.std(axis=0), 1, atol=1e-4)
