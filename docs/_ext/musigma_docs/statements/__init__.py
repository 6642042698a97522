"""What is said and proved: claims, clauses, rules, the theory and the obligations."""
