"""What hardware does: physical memory, paging formats, page walker, translation lookaside buffer, core."""
