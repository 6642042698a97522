"""Reports of experiments about costs: for the terminal, as JSON and CSV, as plots, and as a page."""
