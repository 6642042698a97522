"""What all directives are made with: names and numbers, the domain that links them, nodes, formulas."""
