"""A folder of pictures by class becomes rows of images; the model takes the paths of others."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nnlite
from nnlite import SGD, DataError, Dense, Rescale, Sequential, SoftmaxCrossEntropy, Trainer
from nnlite.config import training_config
from nnlite.data import SOURCES, Splits


def write(folder, rng, sizes=((6, 5),), each=6):
    """Dark pictures of one class, bright ones of the other."""
    for name, light in (("dark", 0), ("bright", 150)):
        place = Path(folder, name)
        place.mkdir(parents=True)
        for index in range(each):
            pixels = rng.integers(light, light + 100, (*sizes[index % len(sizes)], 3)).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{index}.png")


def test_pictures_are_rows_with_channels_first_in_the_order_of_their_names(tmp_path, rng):
    write(tmp_path / "p", rng)
    data = SOURCES["images"](str(tmp_path / "p"))
    assert data.classes == ("bright", "dark") and data.x.shape == (12, 3, 6, 5) and data.x.dtype == np.uint8
    first = np.asarray(Image.open(tmp_path / "p/bright/0.png"))
    assert (data.x[0] == first.transpose(2, 0, 1)).all() and data.y.tolist() == [0] * 6 + [1] * 6
    grey = SOURCES["images"](str(tmp_path / "p"), channels=1, size=(4, 4))
    assert grey.x.shape == (12, 1, 4, 4)


def test_the_folder_to_train_on_is_not_the_one_to_test_on(tmp_path, rng):
    write(tmp_path / "p", rng)
    with pytest.raises(DataError, match="which is path itself, so that the model would be tested on what"):
        SOURCES["images"](tmp_path / "p", tmp_path / "p" / ".." / "p")


def test_a_config_trains_on_pictures_and_the_model_takes_paths(tmp_path, rng, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("p", rng, each=20)
    write("t", rng)
    Path("c.toml").write_text("""
        [data]
        source = "images"
        path = "p"
        test_path = "t"
        [model]
        layers = [
          { type = "Rescale", scale = 0.008, offset = -1.0 }, { type = "Flatten" }, { type = "Dense" },
          { type = "SoftmaxCrossEntropy" },
        ]
        [optimizer]
        type = "Adam"
        learning_rate = 0.01
        [training]
        epochs = 20
    """)
    splits, trainer = training_config.load("c.toml").build()
    trainer.fit(splits.train, splits.validation, progress=False)
    assert nnlite.evaluate(trainer.model, splits.test)["accuracy"] == 1
    nnlite.save(trainer.model, "m.safetensors")
    predictor = nnlite.load("m.safetensors")
    assert predictor.predict("t/dark").tolist() == ["dark"] * 6
    assert predictor.predict(Path("t/bright/3.png")).tolist() == ["bright"]
    Image.fromarray(np.full((40, 30, 3), 240, np.uint8)).save("large.jpg")  # it gets the size of the model's images
    assert predictor.predict("large.jpg").tolist() == ["bright"]
    Path("broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"broken\.png cannot be read as a picture"):
        predictor.predict("broken.png")


def test_folders_that_cannot_be_used_are_told(tmp_path, rng):
    images = SOURCES["images"]
    with pytest.raises(DataError, match=r"the folder .*nowhere cannot be read: No such file"):
        images(str(tmp_path / "nowhere"))
    (tmp_path / "one/a").mkdir(parents=True)
    with pytest.raises(DataError, match="one has 1 folder; expected one for each class, two or more"):
        images(str(tmp_path / "one"))
    (tmp_path / "one/b").mkdir()
    with pytest.raises(DataError, match=r"one/a has no pictures; expected files that end in \.png"):
        images(str(tmp_path / "one"))
    write(tmp_path / "p", rng, sizes=((6, 5), (5, 6)))
    with pytest.raises(DataError, match=r"1\.png is 5 × 6 pixels, .*0\.png 6 × 5; say size = \[height, width\]"):
        images(str(tmp_path / "p"))
    (tmp_path / "p/dark/notes.txt").write_text("seen")
    with pytest.warns(UserWarning, match="dark has 1 file that is no picture"):
        images(str(tmp_path / "p"), size=(5, 5))
    (tmp_path / "p/dark/notes.txt").unlink()
    write(tmp_path / "t", rng)
    (tmp_path / "t/dark").rename(tmp_path / "t/dusk")
    with pytest.raises(DataError, match="t has the folder 'dusk', which is none of the classes bright, dark"):
        images(str(tmp_path / "p"), str(tmp_path / "t"), size=(5, 5))
    (tmp_path / "t/dusk").rename(tmp_path / "t/dark")
    shutil.copytree(tmp_path / "t", tmp_path / "again")
    assert isinstance(images(str(tmp_path / "t"), str(tmp_path / "again")), Splits)


def test_a_path_for_a_model_of_arrays_is_refused():
    model = Sequential([Rescale(1.0), Dense(2), SoftmaxCrossEntropy()])
    Trainer(model, SGD(0.1), epochs=1).fit(nnlite.Dataset(np.eye(4), np.arange(4) % 2), progress=False)
    with pytest.raises(DataError, match=r"got the path 'x.csv', but the model was trained on arrays: read the rows"):
        nnlite.Predictor(model).predict("x.csv")
