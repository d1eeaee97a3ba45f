"""The drawings of the chapters, a module each: arrays in, a `torquelib.drawing.figure.Figure` out; no physics."""
