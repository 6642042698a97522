"""What users hand in: names, amounts, descriptions, and files that extend a theory."""
