"""What is to be proved of a subsystem, whoever its neighbours are."""
