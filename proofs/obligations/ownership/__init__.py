"""Obligations of pages with an owner, who lends, shares and takes back."""
