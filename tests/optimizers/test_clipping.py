"""Clipping: PyTorch's numbers, over the whole vector and not array by array; and no silent NaN."""

import json

import numpy as np
import pytest

from nnlite import SGD, ConfigError, Dataset, Dense, DivergenceError, Sequential, SoftmaxCrossEntropy, Trainer
from nnlite.optimizers import clipping
from tests.conftest import ROOT

GOLDEN = json.loads((ROOT / "tests/oracles/golden/clipping.json").read_text())["cases"]


@pytest.mark.parametrize("case", GOLDEN.values(), ids=GOLDEN.keys())
def test_gradients_are_clipped_as_pytorch_clips_them(case):
    gradients = np.array(case["before"])
    size = getattr(clipping, f"clip_{case['how']}")(gradients, case["limit"])
    assert np.abs(gradients - case["after"]).max() <= 1e-12
    assert size == pytest.approx(np.linalg.norm(case["before"], 2 if case["how"] == "norm" else np.inf))


class Spy(SGD):
    """Keeps the gradients of the last step."""

    def step(self, parameters, learning_rate=None):
        self.seen = {path: p.grad.copy() for path, p in parameters.paths.items()}
        super().step(parameters, learning_rate)


def gradients(blobs, **given):
    trainer = Trainer(
        Sequential([Dense(6), Dense(3), SoftmaxCrossEntropy()]), Spy(), epochs=1, batch_size=90, **given
    )
    trainer.fit(blobs)
    return trainer.optimizer.seen


def norm(arrays):
    return np.sqrt(sum((array.astype(float) ** 2).sum() for array in arrays))


def test_a_fit_scales_all_gradients_by_one_factor(blobs):
    """Array by array each would have a norm of at most 0.1, and the whole vector twice that."""
    plain, clipped = gradients(blobs), gradients(blobs, clip_norm=0.1)
    assert norm(plain.values()) > 0.2
    assert norm(clipped.values()) == pytest.approx(0.1, rel=1e-5)
    for path, gradient in plain.items():
        assert np.allclose(clipped[path], gradient * 0.1 / norm(plain.values()), rtol=1e-4, atol=1e-8)


def test_gradients_within_the_limit_stay_as_they_are(blobs):
    plain = gradients(blobs)
    for limits in ({"clip_norm": 1e3}, {"clip_value": 1e3}):
        assert all((array == plain[path]).all() for path, array in gradients(blobs, **limits).items())


def test_a_fit_cuts_every_gradient_by_itself(blobs):
    plain, clipped = gradients(blobs), gradients(blobs, clip_value=0.02)
    for path, gradient in plain.items():
        assert np.array_equal(clipped[path], np.clip(gradient, np.float32(-0.02), np.float32(0.02)))


@pytest.mark.parametrize("clip", [clipping.clip_norm, clipping.clip_value])
def test_clipping_keeps_float32_and_numbers_whose_squares_are_beyond_it(clip):
    gradients = np.array([3e25, -4e25], np.float32)
    clip(gradients, 1.0)
    assert gradients.dtype == np.float32
    assert gradients == pytest.approx([0.6, -0.8] if clip is clipping.clip_norm else [1.0, -1.0])


@pytest.mark.parametrize("clip", [clipping.clip_norm, clipping.clip_value])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_told_and_spoils_no_other_gradient(clip, wrong):
    gradients = np.array([3.0, wrong, 4.0])
    assert not np.isfinite(clip(gradients, 1.0))
    assert gradients[[0, 2]].tolist() == [3, 4]


@pytest.mark.parametrize("limit", [{"clip_norm": 1.0}, {"clip_value": 1.0}], ids=str)
@pytest.mark.parametrize(("wrong", "said"), [(np.nan, "nan"), (np.inf, "inf")])
def test_a_fit_whose_gradients_are_not_finite_says_so_at_once(blobs, limit, wrong, said):
    class Broken(SoftmaxCrossEntropy):
        def backward(self):
            return super().backward() * wrong

    trainer = Trainer(Sequential([Dense(3), Broken()]), SGD(), batch_size=32, **limit)
    start = trainer.model.build((4,)).parameters.values.copy()
    with pytest.raises(DivergenceError, match=r"the gradients to clip became (nan|inf) in epoch 1, step 1, with"):
        trainer.fit(blobs)
    assert (trainer.model.parameters.values == start).all()


def test_clipping_tames_a_rate_that_would_diverge():
    data = Dataset(np.array([[1e4], [-1e4], [1e4]]), np.array([0, 1, 1]))
    for limit, diverges in ((None, True), (1e-6, False)):
        model = Sequential([Dense(8), Dense(8), Dense(2), SoftmaxCrossEntropy()])
        trainer = Trainer(model, SGD(1e6), epochs=20, batch_size=3, clip_norm=limit)
        if diverges:
            with pytest.raises(DivergenceError):
                trainer.fit(data)
        else:
            trainer.fit(data)


def test_both_kinds_at_once_are_refused():
    with pytest.raises(ConfigError, match="clip_norm and clip_value are both given; choose one"):
        Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), SGD(), clip_norm=1.0, clip_value=1.0)
    with pytest.raises(ConfigError, match=r"clip_norm = 0: expected a number above 0$"):
        Trainer(Sequential([Dense(3), SoftmaxCrossEntropy()]), SGD(), clip_norm=0)
