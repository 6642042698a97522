"""What belongs to pages whatever they are about: sessions, solutions, stamps, layouts, and the checks of the whole."""
