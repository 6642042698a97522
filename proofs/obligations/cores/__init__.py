"""What is to be proved of many cores."""
