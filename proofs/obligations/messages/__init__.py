"""What is proved of threads and messages."""
