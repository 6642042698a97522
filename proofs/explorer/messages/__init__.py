"""Every state of a scope with threads: keys of several words, properties of messages, shortest traces."""
