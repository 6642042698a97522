"""Pictures: of traces, states, page walks, formats, plots, and of the packages themselves."""
