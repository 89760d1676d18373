"""What configs/iris.toml describes, by PyTorch: python iris_pytorch.py FOLDER"""

import sys
from pathlib import Path

import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.functional import cross_entropy

torch.manual_seed(0)
x, y = load_iris(return_X_y=True)
x = x.astype("float32") * 0.25
rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=30, stratify=y, random_state=0)
x_train, x_val, y_train, y_val = train_test_split(rest, y_rest, test_size=15, stratify=y_rest, random_state=0)
x_train, x_val, x_test = (torch.from_numpy(part) for part in (x_train, x_val, x_test))
y_train, y_val, y_test = (torch.from_numpy(part) for part in (y_train, y_val, y_test))

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
losses = []
for _ in range(200):
    model.train()
    total = 0.0
    for rows in torch.randperm(len(x_train)).split(32):
        optimizer.zero_grad()
        loss = cross_entropy(model(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    model.eval()
    with torch.no_grad():
        losses.append((total / len(x_train), cross_entropy(model(x_val), y_val).item()))
with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"test accuracy {accuracy:.4f}")

picture = Figure()
axes = picture.add_subplot()
axes.plot(losses, label=["training", "validation"])
axes.set_xlabel("epoch")
axes.set_ylabel("loss")
axes.legend()
picture.savefig(Path(sys.argv[1], "loss_pytorch.svg"))
