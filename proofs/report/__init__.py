"""Reports: one result model, several writers."""
