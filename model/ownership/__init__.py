"""Pages with one owner, who donates, lends, shares and takes back: a family apart from mapping and granting."""
