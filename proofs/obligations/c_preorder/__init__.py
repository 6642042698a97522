"""A mapping database in C that keeps one list of mappings a frame, in pre-order with depths, bound and proved."""
