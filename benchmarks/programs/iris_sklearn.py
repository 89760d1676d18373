"""What configs/iris.toml describes, by scikit-learn: python iris_sklearn.py FOLDER"""

import sys
import warnings
from pathlib import Path

from matplotlib.figure import Figure
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

x, y = load_iris(return_X_y=True)
x = x.astype("float32") * 0.25
rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=30, stratify=y, random_state=0)
x_train, _, y_train, _ = train_test_split(rest, y_rest, test_size=15, stratify=y_rest, random_state=0)

model = MLPClassifier(
    (16,),
    solver="sgd",
    batch_size=32,
    learning_rate_init=0.01,
    momentum=0.9,
    nesterovs_momentum=False,
    alpha=0,
    max_iter=200,
    tol=0,
    n_iter_no_change=200,
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    model.fit(x_train, y_train)
print(f"test accuracy {accuracy_score(y_test, model.predict(x_test)):.4f}")

picture = Figure()
axes = picture.add_subplot()
axes.plot(model.loss_curve_)
axes.set_xlabel("epoch")
axes.set_ylabel("loss")
picture.savefig(Path(sys.argv[1], "loss_sklearn.svg"))
