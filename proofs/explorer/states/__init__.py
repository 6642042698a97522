"""States of the literal model, packed: their successors, properties and symmetries."""
