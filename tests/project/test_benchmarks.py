"""The benchmarks: their figures, their check that peers learn the same, and one tiny run from end to end."""

import ast
import itertools
import math
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from benchmarks import report
from benchmarks.__main__ import main
from benchmarks.cases import census, networks
from benchmarks.cases.networks import QUICK_PICTURES, Convolution, Network
from benchmarks.cases.problem import Problem, convolved, pooled
from benchmarks.measuring import commands, measurement, tables
from benchmarks.measuring.agreement import DisagreementError, largest_difference
from benchmarks.measuring.measurement import Measurement, best, ratio
from benchmarks.measuring.rounds import go_round
from benchmarks.parts import convolution, growth, imports, memory, process, recurrent, search, shares, steps, table
from benchmarks.peers import load
from benchmarks.picture import draw
from nnlite import Conv2D, threads
from nnlite.data.batches import slices
from nnlite.layers import convolution as convolution_layer
from tests.conftest import ROOT

TINY = Network((5, 8, 3), 16, 96, 3)
PICTURES = Network(
    (98, 6, 3), 16, 32, 3, picture=(2, 7, 7), convolutions=(Convolution(4, 3, 1), Convolution(3, 2, 0))
)
SEQUENCES = [Network((15, 4, 3), 16, 32, 3, cell=cell, time=3) for cell in networks.CELLS]


def some(peer, values, *, case="4-16-3, batch 16", threads=1, quantity="seconds", count=10):
    return Measurement(case, peer, threads, quantity, count, tuple(values))


def test_the_figures_of_a_measurement():
    one = some("nnlite", [0.5, 0.1, 0.2, 0.4, 0.3])
    assert (one.median, one.quartiles, one.each) == (0.3, (0.2, 0.4), pytest.approx(0.03))
    assert some("nnlite", [0.7]).quartiles == (0.7, 0.7)


def test_a_ratio_takes_each_at_its_best_number_of_threads():
    ours, ours_slower = some("nnlite", [2.0]), some("nnlite", [3.0], threads=2)
    theirs, theirs_slower = some("PyTorch", [5.0], threads=2), some("PyTorch", [8.0])
    among = best([ours, ours_slower, theirs_slower, theirs])
    assert ratio(among["4-16-3, batch 16", "seconds", "PyTorch"], among) == 2.5
    assert ratio(theirs_slower, among) == 4.0
    assert ratio(theirs, best([theirs])) is None


def test_a_csv_file_gives_back_what_was_written(tmp_path):
    found = [some("nnlite", [0.25, 0.5]), some("PyTorch, fused SGD", [1.0, 2.0], threads=2)]
    measurement.write(tmp_path / "steps.csv", found, ["a note, with a comma"])
    assert measurement.read(tmp_path / "steps.csv") == (found, ["a note, with a comma"])
    last = (tmp_path / "steps.csv").read_text().splitlines()[-1]
    assert last.endswith(',"PyTorch, fused SGD",2,seconds,10,2,1.5,1.25,1.75,1,2,4.000,1 2')


def test_rounds_go_through_everything_in_turn_and_back():
    called = []
    turns = {name: lambda name=name: called.append(name) or len(called) for name in "abc"}
    assert go_round(turns, 2, "test") == {"a": [1, 6], "b": [2, 5], "c": [3, 4]}
    assert "".join(called) == "abccba"


def test_peers_that_learnt_the_same_agree():
    assert largest_difference({"a": 1.0, "b": 1.0005, "c": 1.0}, 1e-3, "here") == pytest.approx(5e-4)


@pytest.mark.parametrize("loss", [1.1, math.nan, math.inf])
def test_who_learnt_something_else_is_named(loss):
    with pytest.raises(DisagreementError, match=r"here, c: the loss differs .* more than 0\.001 "):
        largest_difference({"a": 1.0, "b": 1.0, "c": loss}, 1e-3, "here")


PLANS = [
    *(*networks.FULL, *networks.QUICK, *networks.PICTURES, *networks.QUICK_PICTURES),
    *(*networks.SEQUENCES, *networks.QUICK_SEQUENCES),
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.network.name)
def test_the_batches_are_those_of_nnlite(plan):
    network = plan.network
    assert slices(network.rows, network.batch) == Problem(network).batches
    assert network.convolutions or network.cell or network.epochs >= 30


def test_networks_are_chosen_by_name():
    assert networks.plans(False, None) == networks.FULL
    assert networks.plans(True, ("4-16-3", "784-128-10")) == (networks.QUICK[0], networks.FULL[2])
    assert networks.plans(False, ("8C3-16C3-10",)) == ()
    assert networks.plans(False, ("8C3-16C3-10",), networks.PICTURES) == (networks.PICTURES[1],)


def test_the_first_network_for_pictures_is_lenet_5():
    lenet = networks.PICTURES[0].network
    assert (lenet.name, lenet.dense) == ("6C5-16C5-120-84-10", (400, 120, 84, 10))
    assert sum(weight.size + bias.size for weight, bias in Problem(lenet).weights()) == 61_706


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"a picture of shape \(1, 28, 28\) has not 700 numbers"):
        Network((700, 10), 16, 96, 1, picture=networks.MNIST, convolutions=(Convolution(4, 3, 1),))


def test_rows_that_are_no_whole_batches_are_refused():
    with pytest.raises(ValueError, match="100 rows are no whole batches of 16"):
        Network((4, 3), 16, 100, 1)


@pytest.mark.parametrize("network", [TINY, networks.FULL[0].network, networks.FULL[1].network], ids=lambda n: n.name)
def test_a_problem_is_the_same_in_every_process(network):
    one, other = Problem(network), Problem(network)
    assert one.x.shape == (network.rows, network.sizes[0])
    assert (one.x.dtype, one.y.dtype) == (np.float32, np.int64)
    np.testing.assert_array_equal(one.x, other.x)
    np.testing.assert_array_equal(one.y, other.y)
    np.testing.assert_array_equal(next(one.orders()), next(other.orders()))
    np.testing.assert_allclose(one.x.mean(axis=0), 0, atol=0.5)
    assert set(one.y) == set(range(network.sizes[-1]))


def test_the_loss_that_peers_are_compared_by():
    problem = Problem(TINY)
    zero = [(weight * 0, bias) for weight, bias in problem.weights()]
    assert problem.loss(zero) == pytest.approx(math.log(3), abs=1e-12)


def test_convolution_and_pooling_by_hand():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    weight = np.array([[[[1.0, 0.0], [0.0, 10.0]]]], np.float32)
    np.testing.assert_array_equal(convolved(x, weight, 0), [[[[40, 51], [73, 84]]]])
    assert convolved(x, weight, 1).shape == (1, 1, 4, 4)
    assert convolved(x, weight, 1)[0, 0, 0].tolist() == [0, 10, 20, 0]
    np.testing.assert_array_equal(pooled(x), [[[[4]]]])


def test_the_loss_of_a_network_with_convolutions_is_the_models():
    peer = load("nnlite")(Problem(PICTURES))
    peer.start(1)
    assert peer.problem.x.shape == (32, 2, 7, 7)
    weights, problem = peer.weights(), peer.problem
    assert problem.loss(weights) == pytest.approx(peer.model.loss(problem.x, problem.y), rel=1e-6)
    assert peer.check(3) < problem.loss(weights)


@pytest.mark.parametrize("network", SEQUENCES, ids=lambda network: network.name)
def test_the_loss_of_a_network_with_a_recurrent_layer_is_the_models(network):
    peer = load("nnlite")(Problem(network))
    peer.start(1)
    assert peer.problem.x.shape == (32, 3, 5)
    weights, problem = peer.weights(), peer.problem
    for pair, first in zip(weights, problem.weights(), strict=True):
        assert all((one == other).all() for one, other in zip(pair, first, strict=True))
    assert problem.loss(weights) == pytest.approx(peer.model.loss(problem.x, problem.y), rel=1e-6)
    assert peer.check(3) < problem.loss(weights)


@pytest.mark.parametrize("network", SEQUENCES, ids=lambda network: network.name)
def test_pytorch_learns_the_same_with_a_recurrent_layer(network):
    pytest.importorskip("torch")
    ours, theirs = (load(name)(Problem(network)).check(3) for name in ("nnlite", "torch"))
    assert ours == pytest.approx(theirs, rel=1e-5)


def test_sequences_of_which_some_would_lack_a_number_are_refused():
    with pytest.raises(ValueError, match="16 inputs cannot be divided among 3 steps"):
        Network((16, 4, 3), 16, 32, 3, cell="GRU", time=3)


def test_pytorch_learns_the_same_with_convolutions():
    pytest.importorskip("torch")
    problem = Problem(PICTURES)
    ours, theirs = (load(name)(problem).check(3) for name in ("nnlite", "torch"))
    assert ours == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("epochs", [1, 3])
def test_nnlite_and_scikit_learn_learn_the_same(epochs):
    problem = Problem(TINY)
    ours, theirs = (load(name)(problem).check(epochs) for name in ("nnlite", "scikit-learn"))
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert ours < problem.loss(problem.weights())


def test_numpy_by_hand_arrives_where_nnlite_does_to_the_last_bit():
    found = []
    for name in ("nnlite", "by-hand"):
        peer = load(name)(Problem(TINY))
        with threads.limited(1):
            peer.check(3)
        found.append([array.tobytes() for pair in peer.weights() for array in pair])
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["nnlite", "by-hand", "scikit-learn"])
def test_a_second_fit_begins_where_the_first_did(name):
    peer = load(name)(Problem(TINY))
    assert peer.check(2) == pytest.approx(peer.check(2), rel=1e-6)


def test_a_table_is_aligned():
    assert tables.table(["", "time"], [["nnlite", "1 s"], ["b", "10 s"]]) == (
        "|        | time |\n| ------ | ---: |\n| nnlite |  1 s |\n| b      | 10 s |"
    )
    assert tables.timing(some("nnlite", [0.001, 0.002, 0.003])) == "200 (150–250) µs"


def test_the_page_has_a_place_for_every_part():
    page = report.insert(report.PAGE.read_text(), {part: f"figures of {part}" for part in report.PARTS})
    for part in report.PARTS:
        assert f"<!-- figures: {part} -->\n\nfigures of {part}\n\n{report.END}\n" in page
    again = report.insert(page, dict.fromkeys(report.PARTS, "others"))
    assert "figures of" not in again and again.replace("others", "") != page
    with pytest.raises(ValueError, match="no <!-- figures: steps -->"):
        report.insert("an empty page", {"steps": ""})


def test_the_tables_show_wins_and_losses():
    text = steps.markdown([some("nnlite", [2.0]), some("JAX, a call per epoch", [1.0]), some("PyTorch", [4.0])])
    cells = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in text.splitlines()[2:7]}
    assert cells["JAX, a call per epoch"] == "0.50×"
    assert cells["PyTorch"] == "2.00×"
    text = imports.markdown([some("nnlite", [0.2], case="import"), some("torch", [2.0], case="import")])
    assert "10.0×" in text
    pair = [some("nnlite", [1.0], case="iris"), some("nnlite", [100.0], case="iris", quantity="MiB")]
    assert "100 MiB" in process.markdown(pair)
    grown = [some("nnlite", [1.0], case="10000 rows"), some("nnlite", [1.0], case="width 16")]
    assert "| 10,000 |" in growth.markdown(grown)
    assert memory.markdown([]) == convolution.markdown([]) == ""
    both = [some("nnlite", [3.0], threads=2), some("PyTorch", [4.0], threads=2), some("nnlite", [9.0])]
    assert "| 4-16-3, batch 16 |          |      0.75 |" in convolution.markdown(both)
    pair = [some("nnlite", [3.0]), some("PyTorch", [4.0]), some("PyTorch, fused SGD", [6.0], threads=2)]
    assert recurrent.markdown([]) == ""
    assert recurrent.markdown(pair).splitlines()[-1].endswith("|          0.75 |")


def test_a_picture_of_nothing_and_of_little():
    for parts in ({}, {"steps": [some("nnlite", [2.0]), some("PyTorch", [4.0])]}):
        assert len(draw(parts).axes) == 5


def test_the_shares_of_a_step_are_all_of_it_and_nothing_stays_watched(monkeypatch):
    seconds = itertools.count()
    monkeypatch.setattr(shares.time, "perf_counter", lambda: next(seconds))
    (plan,) = QUICK_PICTURES
    before = dict(vars(Conv2D)), convolution_layer.np
    fit = shares.fits_of(plan.network)
    began = next(seconds)
    found = fit()
    assert set(found) == {shares.PRODUCTS, shares.COLUMNS, *shares.LAYERS, shares.REST}
    assert all(share > 0 for share in found.values())
    assert sum(found.values()) <= next(seconds) - began
    assert (dict(vars(Conv2D)), convolution_layer.np) == before


def test_a_function_within_another_is_counted_once(monkeypatch):
    clock = iter([0, 1, 4, 5, 9, 10])
    monkeypatch.setattr(shares.time, "perf_counter", lambda: next(clock))
    watch = shares.Stopwatch()
    inner = watch.watched(lambda: None, "inner")
    watch.watched(lambda: (inner(), inner()), "outer")()
    assert watch.seconds == {"inner": 3 + 4, "outer": 10 - 7}


def test_shares_are_shown_in_percent():
    found = [some(shares.REST, [3.0], case="8C3-10"), some(shares.PRODUCTS, [1.0], case="8C3-10")]
    lines = shares.markdown(found).splitlines()
    assert [line.split("|")[2].strip() for line in lines] == ["8C3-10", "-----:", "75", "25"]


@pytest.mark.slow
def test_one_run_from_end_to_end(tmp_path):
    """In a process of its own, as always; PyTorch is missing, whether it is installed or not."""
    (tmp_path / "torch.py").write_text("raise ImportError('No module named torch')")
    words = "--quick --only steps --networks 4-16-3 --threads 1 --rounds 2".split()
    words += ["--peers", "nnlite", "scikit-learn", "torch", "products", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "- Left out: PyTorch: No module named torch" in done.stdout
    assert "- 4-16-3: the losses of all peers agree" in done.stdout
    found = report.saved(tmp_path / "out")["steps"]
    assert [one.peer for one in found.measurements] == ["nnlite", "scikit-learn", "matrix products alone"]
    assert all(len(one.values) == 2 and one.count == 270 for one in found.measurements)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["benchmarks.svg", "steps.csv"]


@pytest.mark.parametrize("words", ["--threads 0", "--rounds 0", "--only nothing", "--peers nobody"])
def test_a_mistake_on_the_command_line(words, capsys):
    with pytest.raises(SystemExit) as raised:
        main(words.split())
    assert raised.value.code == 2
    said = capsys.readouterr().err
    assert "must be" in said or "invalid choice" in said


def test_a_command_keeps_the_bytecode_of_its_modules_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    figures = commands.run([sys.executable, "-c", "import sys; sys.exit(sys.dont_write_bytecode)"])
    assert figures["seconds"] > 0


def test_the_folders_import_in_one_direction():
    order = ["cases", "peers", "measuring", "parts", "report", "studies"]  # those beside the folders: the report
    for file in (ROOT / "benchmarks").rglob("*.py"):
        folder = file.relative_to(ROOT / "benchmarks").parts[0]
        own = order.index(folder) if folder in order else order.index("report")
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("benchmarks."):
                other = node.module.split(".")[1]
                assert (order.index(other) if other in order else order.index("report")) <= own, f"{file}: {other}"


@pytest.mark.skipif(sys.platform != "linux", reason="what a process occupies is only read on Linux")
def test_a_table_is_encoded_and_predicted_in_portions(tmp_path):
    from benchmarks.parts import table_turns  # it needs a module that Windows lacks

    census.write(path := tmp_path / "census.csv", 3_000)
    content = path.read_text()
    assert content.count("\n") == 3_001 and content.splitlines()[0].endswith(f",{census.TARGET}")
    (first := tmp_path / "first.csv").write_text("".join(content.splitlines(keepends=True)[:501]))
    with pytest.warns(UserWarning, match="no training row had"):
        for turn in (table_turns.nnlite_encodes(), table_turns.nnlite_predicts(first)):
            found = table_turns.run(turn, path)
            assert found["rows"] == 3_000 and found["seconds"] > 0 and found["MiB"] < 32


def test_the_table_of_tables_has_rows_a_second_and_memory():
    ours = [some("nnlite", [2.0], case="predict", count=10), some("nnlite", [3.0], case="predict", quantity="MiB")]
    theirs = [some("pandas", [1.0], case="predict", count=10)]
    lines = table.markdown([*ours, *theirs]).splitlines()
    assert "200 (200" in lines[2] and " 5 |" in lines[2] and "3 MiB" in lines[2]
    assert "0.50×" in lines[3]


def test_a_search_trains_the_same_networks_with_all():
    from sklearn.datasets import load_iris

    from benchmarks.parts import search_turn

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLPClassifier's, that it has not converged
        found = [
            search_turn.search(peer, 1, 30, settings=2).fit(*load_iris(return_X_y=True)) for peer in search_turn.PEERS
        ]
    scores = [each.best_score_ for each in found]
    assert len(scores) == 3 and max(scores) - min(scores) <= search.SAME
    assert search_turn.FOLDS * len(search_turn.UNITS) * len(search_turn.RATES) + 1 == search.FITS
    times = [some("nnlite", [5.0], case="iris", count=25), some("scikit-learn", [25.0], case="iris", count=25)]
    assert "5.00×" in search.markdown(times)
