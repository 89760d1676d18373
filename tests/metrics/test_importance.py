"""Permutation importance, against scikit-learn's with the same shuffles."""

import numpy as np
import pytest
from sklearn.inspection import permutation_importance as theirs
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer

from nnlite.metrics.importance import permutation_importance


class TheirShuffles:
    """Shuffles as scikit-learn does: from the same seed for each column, one shuffle on top of the other."""

    def __init__(self, seed, repeats):
        self.seed = np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1)
        self.repeats, self.calls = repeats, 0

    def permutation(self, rows):
        if self.calls % self.repeats == 0:
            self.state, self.shuffled, self.order = np.random.RandomState(self.seed), np.arange(rows), np.arange(rows)
        self.calls += 1
        self.state.shuffle(self.shuffled)
        self.order = self.order[self.shuffled]
        return self.order


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_it_is_scikit_learns(scoring, blobs):
    model = LogisticRegression().fit(blobs.x, blobs.y)
    score = get_scorer(scoring)
    ours = permutation_importance(
        lambda rows: np.array([score(model, rows, blobs.y)]), blobs.x, [[0], [1], [2], [3]], TheirShuffles(7, 4), 4
    )
    expected = theirs(model, blobs.x, blobs.y, scoring=scoring, n_repeats=4, random_state=7)
    assert -ours[:, :, 0] == pytest.approx(expected.importances, abs=1e-12)


def test_columns_of_one_are_shuffled_together_and_the_rows_stay_as_they_are(rng):
    x = rng.normal(size=(50, 3))
    x[:, 2] = x[:, 0]
    kept = x.copy()
    apart = permutation_importance(
        lambda rows: np.abs(rows[:, [0]] - rows[:, [2]]).max(axis=0), x, [[0], [0, 2]], rng
    )
    assert apart[0].min() > 0 and not apart[1].any()
    assert (x == kept).all()
