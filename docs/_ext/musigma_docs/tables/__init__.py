"""Tables made from the registry, the code and runs."""
