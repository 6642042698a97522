"""What is to be proved of pages with an owner, who lends, shares and takes back."""
