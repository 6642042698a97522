"""Choose programs to try: all short ones, limits, random walks; and find the shortest that fails."""
