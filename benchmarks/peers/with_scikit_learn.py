"""scikit-learn's `MLPClassifier`, all epochs in one call of `fit`."""

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.cases.networks import LEARNING_RATE, MOMENTUM, SEED
from benchmarks.cases.problem import Problem, Weights
from benchmarks.peers import Peer


class ScikitLearn(Peer):
    """It draws the order of the rows itself, so only `check` sees the problem's."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        network = problem.network
        # With warm_start a second fit keeps the weights, and makes a new optimizer: so ours can be put in between.
        self.model = MLPClassifier(
            network.sizes[1:-1],
            solver="sgd",
            batch_size=network.batch,
            learning_rate_init=LEARNING_RATE,
            momentum=MOMENTUM,
            nesterovs_momentum=False,
            alpha=0,
            tol=0,
            n_iter_no_change=10**9,  # never stops early
            max_iter=1,
            warm_start=True,
            random_state=SEED,
        )
        self._fit_quietly(problem.x, problem.y)

    def start(self, epochs: int) -> None:
        self.model.set_params(max_iter=epochs, shuffle=True)
        first = self.problem.weights()
        self.model.coefs_ = [weight for weight, _ in first]
        self.model.intercepts_ = [bias for _, bias in first]

    def fit(self) -> None:
        self._fit_quietly(self.problem.x, self.problem.y)

    def weights(self) -> Weights:
        return list(zip(self.model.coefs_, self.model.intercepts_, strict=True))

    def check(self, epochs: int) -> float:
        """The first epoch is a fit; `partial_fit` makes one more at a time with the same optimizer."""
        self.start(1)
        self.model.set_params(shuffle=False)
        for epoch, order in enumerate(self.orders(epochs)):
            x, y = self.problem.x[order], self.problem.y[order]
            if epoch:
                self.model.partial_fit(x, y)
            else:
                self._fit_quietly(x, y)
        return self.problem.loss(self.weights())

    def _fit_quietly(self, x: object, y: object) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it says that all epochs were used
            self.model.fit(x, y)
