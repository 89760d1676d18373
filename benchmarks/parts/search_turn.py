"""One search by cross-validation: python -m benchmarks.parts.search_turn PEER TABLE JOBS EPOCHS

24 fits, of eight settings on three folds, and the last one on all rows, by `GridSearchCV`. PEER is nnlite,
scikit-learn or "NumPy by hand". All train the same networks in the same way: one hidden layer, ReLU, Adam, batches of
32, no decay, no dropout, all epochs. A search of one setting and one epoch goes before it, unmeasured: it imports
what is needed, and starts the worker processes. Prints the seconds, and the best mean accuracy, as JSON.
"""

import json
import sys
import time
import warnings
from typing import Any

FOLDS = 3
UNITS = (16, 32, 64, 128)
RATES = (0.001, 0.01)


def with_nnlite(epochs: int) -> tuple[Any, dict[str, Any]]:
    """The estimator, and the names of what is searched."""
    from nnlite import NNClassifier

    plain: dict[str, Any] = {"dropout": 0.0, "periodic": False, "early_stopping": False, "ensemble": 1}
    settings: dict[str, Any] = {"optimizer": "Adam", "weight_decay": 0.0, "batch_size": 32, "random_state": 0}
    return NNClassifier(epochs=epochs, **plain, **settings), {"units": "hidden", "rates": "learning_rate"}


def with_scikit_learn(epochs: int) -> tuple[Any, dict[str, Any]]:
    """The same; nnlite scales the numbers itself."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    settings: dict[str, Any] = {"alpha": 0.0, "batch_size": 32, "n_iter_no_change": epochs + 1, "random_state": 0}
    network = MLPClassifier(max_iter=epochs, **settings)
    names = {"units": "mlpclassifier__hidden_layer_sizes", "rates": "mlpclassifier__learning_rate_init"}
    return make_pipeline(StandardScaler(), network), names


def by_hand(epochs: int) -> tuple[Any, dict[str, Any]]:
    """The same as one loop of NumPy calls."""
    from benchmarks.peers.bare_classifier import BareClassifier

    return BareClassifier(epochs=epochs), {"units": "hidden", "rates": "rate"}


PEERS = {"nnlite": with_nnlite, "scikit-learn": with_scikit_learn, "NumPy by hand": by_hand}


def search(peer: str, jobs: int, epochs: int, *, settings: int | None = None) -> Any:
    """The search, not yet made; of the first settings only, if a number is given."""
    from sklearn.model_selection import GridSearchCV

    estimator, names = PEERS[peer](epochs)
    grid = {names["units"]: [(units,) for units in UNITS][:settings], names["rates"]: list(RATES)[:settings]}
    return GridSearchCV(estimator, grid, cv=FOLDS, n_jobs=jobs)


def main() -> None:
    """See above."""
    import sklearn.datasets

    warnings.simplefilter("ignore")  # MLPClassifier's, that it has not converged
    peer, table, jobs, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    x, y = getattr(sklearn.datasets, f"load_{table}")(return_X_y=True)
    search(peer, jobs, 1, settings=1).fit(x, y)
    measured = search(peer, jobs, epochs)
    started = time.perf_counter()
    measured.fit(x, y)
    print(json.dumps({"seconds": time.perf_counter() - started, "accuracy": float(measured.best_score_)}))


if __name__ == "__main__":
    main()
