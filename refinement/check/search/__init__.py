"""Which programs to try: all short ones, limits, random walks; and the shortest that fails."""
