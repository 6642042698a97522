"""Scenes drawn: as SVG, still or moving, and as a page to step through."""
