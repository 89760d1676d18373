"""A checkpoint gives back the state that was saved, the newest that is whole is found, and two stay."""

import math
import os

import numpy as np
import pytest

import nnlite
from nnlite import DivergenceError, ModelFileError, RunError
from nnlite.core.state import State
from nnlite.errors import UnreadableError
from nnlite.saving import checkpoint, tensors


def state_at(epoch):
    values = {"epoch": epoch, "best": math.nan, "worst": -math.inf, "generator": {"state": 2**127 + epoch}}
    weight = np.arange(6, dtype=np.float32).reshape(2, 3) + epoch
    arrays = {
        "model/1.weight": weight.T,  # not contiguous
        "model/1.ünusual": np.array(0.1),
        "order": np.arange(5, dtype=np.uint8),
        "of nobody": np.zeros((0, 3)),
        "mask": np.array([True, False]),
        "count": np.array(epoch),
        "validation": np.array([math.nan, 1.0]),
    }
    return State(values, arrays)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def save(folder, epoch, step=0):
    path = checkpoint.path_in(folder, epoch, step)
    checkpoint.save(path, state_at(epoch), {"data": "abc", "rows": [1, 2]})
    return path


def test_what_is_saved_is_loaded_to_the_bit(tmp_path):
    state, header = checkpoint.load(save(tmp_path, 7))
    expected = state_at(7)
    assert header == {"data": "abc", "rows": [1, 2]}
    assert repr(state.values) == repr(expected.values)
    assert state.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        loaded = state.arrays[name]
        assert (loaded.dtype, loaded.shape) == (array.dtype, array.shape)
        assert loaded.tobytes() == array.tobytes() and loaded.flags.c_contiguous and loaded.flags.writeable


def test_the_last_two_stay_by_number_and_leftovers_go(tmp_path):
    (tmp_path / ".checkpoint-9-0.safetensors.0123abcd.tmp").write_text("of a killed write")
    (tmp_path / ".history.csv.0123abcd.tmp").write_text("of another")
    (tmp_path / "checkpoint-mine.safetensors").write_text("the user's")
    for epoch, step in ((8, 0), (9, 0), (9, 12), (10, 0)):
        save(tmp_path, epoch, step)
    kept = ["checkpoint-10-0.safetensors", "checkpoint-9-12.safetensors", "checkpoint-mine.safetensors"]
    assert names(tmp_path) == kept
    assert checkpoint.newest(tmp_path).path.name == kept[0]
    checkpoint.clear(tmp_path)
    assert names(tmp_path) == kept[2:]


def test_a_course_that_training_did_not_take_is_forgotten(tmp_path):
    save(tmp_path, 3)
    (tmp_path / "checkpoint-5-0.safetensors").write_text("damaged, so that training went on from 3")
    save(tmp_path, 4)
    assert names(tmp_path) == ["checkpoint-3-0.safetensors", "checkpoint-4-0.safetensors"]


def test_a_damaged_one_is_told_and_the_one_before_it_taken(tmp_path):
    said = []
    assert checkpoint.newest(tmp_path, said.append) is None
    save(tmp_path, 1)
    path = save(tmp_path, 2)
    path.write_bytes(path.read_bytes()[:-1])
    found = checkpoint.newest(tmp_path, said.append)
    assert found.path.name == "checkpoint-1-0.safetensors" and found.state.values["epoch"] == 1
    assert found.header == {"data": "abc", "rows": [1, 2]}
    assert len(said) == 1 and "checkpoint-2-0.safetensors: the file is damaged" in said[0]
    checkpoint.forget_after(found.path)
    assert checkpoint.paths(tmp_path) == [found.path]
    save(tmp_path, 3)  # of the two that stay none is damaged
    assert names(tmp_path) == ["checkpoint-1-0.safetensors", "checkpoint-3-0.safetensors"]


def test_where_all_are_damaged_none_is_replaced_by_a_training_from_the_beginning(tmp_path):
    said = []
    for epoch in (1, 2):
        path = save(tmp_path, epoch)
        path.write_bytes(path.read_bytes()[:-epoch])
    with pytest.raises(
        ModelFileError, match=r"none of the checkpoints in .*-2-0.*-1-0.*; move them away to begin again"
    ):
        checkpoint.newest(tmp_path, said.append)
    assert not said and len(names(tmp_path)) == 2


def of_a_newer_nnlite(path, monkeypatch):
    with monkeypatch.context() as newer:
        newer.setattr(tensors, "FORMAT", tensors.NEWEST_FORMAT + 1)
        newer.setattr(tensors, "NEWEST_FORMAT", tensors.NEWEST_FORMAT + 1)
        save(path.parent, 2)


def without_permission(path, monkeypatch):
    right = os.open

    def refused(place, *args, **options):
        if place == path:
            raise PermissionError(13, "Permission denied")
        return right(place, *args, **options)

    monkeypatch.setattr(os, "open", refused)


def without_memory(path, monkeypatch):
    def full(*_):
        raise MemoryError("Unable to allocate")

    monkeypatch.setattr(tensors, "_array", full)


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (of_a_newer_nnlite, "this nnlite reads formats up to 2: update it"),
        (without_permission, "cannot be read: Permission denied"),
        (without_memory, r"the memory is not enough to read the file \(Unable to allocate\)"),
    ],
)
def test_one_that_may_be_whole_is_not_passed_over(tmp_path, monkeypatch, happens, said):
    save(tmp_path, 1)
    path = save(tmp_path, 2)
    happens(path, monkeypatch)
    warnings = []
    with pytest.raises(UnreadableError, match=f"checkpoint-2-0.safetensors.*{said}"):
        checkpoint.newest(tmp_path, warnings.append)
    assert not warnings and len(names(tmp_path)) == 2


def test_a_folder_that_cannot_be_read_has_not_no_checkpoint(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="file cannot be read: Not a directory"):
        checkpoint.newest(tmp_path / "file")
    assert checkpoint.newest(tmp_path / "nowhere") is None


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_weights_that_are_not_finite_are_refused_and_the_former_stay(tmp_path, wrong):
    save(tmp_path, 1)
    state = state_at(2)
    state.arrays["model/1.weight"][0, 0] = wrong
    with pytest.raises(DivergenceError, match=r"^1.weight is infinite or NaN, so that no checkpoint was written"):
        checkpoint.save(checkpoint.path_in(tmp_path, 2, 0), state, {})
    assert names(tmp_path) == ["checkpoint-1-0.safetensors"]


def test_a_model_is_no_checkpoint_and_a_checkpoint_no_model(tmp_path):
    model = nnlite.Sequential([nnlite.Dense(2)]).build((3,))
    nnlite.save(model, tmp_path / "m.safetensors")
    with pytest.raises(ModelFileError, match=r"m\.safetensors: the file is not a checkpoint"):
        checkpoint.load(tmp_path / "m.safetensors")
    with pytest.raises(ModelFileError, match=r"checkpoint-1-0\.safetensors: "):
        nnlite.load(save(tmp_path, 1))


def test_what_cannot_be_saved_or_written_is_told(tmp_path):
    with pytest.raises(ModelFileError, match="the array 'c' with dtype complex128 cannot be saved"):
        checkpoint.save(tmp_path / "checkpoint-1-0.safetensors", State({}, {"c": np.zeros(1, complex)}), {})
    with pytest.raises(ModelFileError, match="describes more than"):
        checkpoint.save(tmp_path / "checkpoint-1-0.safetensors", State({"many": [0] * 2**17}, {}), {})
    with pytest.raises(RunError, match=r"cannot write .*No such file"):
        save(tmp_path / "nowhere", 1)
    assert not names(tmp_path)


@pytest.mark.slow
def test_a_run_of_100_000_epochs_has_a_checkpoint_too(tmp_path):
    history, other = nnlite.History(), nnlite.History()
    for epoch in range(1, 100_001):
        history.append({"epoch": epoch, "training_loss": 1 / epoch, "seconds": epoch * 0.1})
    path = checkpoint.path_in(tmp_path, 100_000, 0)
    checkpoint.save(path, history.state, {})
    other.state, _ = checkpoint.load(path)
    assert other.rows == history.rows


def test_a_name_that_is_not_a_checkpoints_is_refused_and_the_name_that_is_told(tmp_path):
    save(tmp_path, 3)
    with pytest.raises(RunError, match=r"state\.safetensors: .* path_in\(folder, epoch, step\)"):
        checkpoint.save(tmp_path / "state.safetensors", state_at(4), {})
    assert len(names(tmp_path)) == 1
