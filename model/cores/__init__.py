"""Many cores: who may remember which translation, and how one is taken from all of them."""
