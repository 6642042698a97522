"""Programs of operations, driven into a target and compared with the model, compiled."""
