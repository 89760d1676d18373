"""The ONNX standard's own test vectors: inputs and outputs of single operators, which others computed.

A function here takes a vector and returns the outputs that nnlite gives, or says why nnlite does not offer what the
vector asks for. No option is added to nnlite for a vector's sake. Where an operator takes more than a layer does
(other axes, one or three dimensions, padding on one side), the layer computes it nonetheless if an exact identity
says how: axes moved, a picture of height 1, depths as channels. The identity arranges the numbers that go in and
come out; all that is learnt, summed, compared or normalized is the layer's work.
"""
