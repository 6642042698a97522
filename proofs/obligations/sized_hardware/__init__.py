"""What is proved of hardware where leaves have several sizes: walks, buffers, and the theorem about both."""
