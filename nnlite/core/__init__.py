"""The contract (layers, losses, parameters), and the model that is made of them."""
