"""Obligations of page tables with leaves on every level: mappings of many pages, taken apart and put together."""
