"""The contract of layers, losses and parameters, and the model that is made of them."""
