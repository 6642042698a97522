"""Subsystems: some spaces that follow rules of their own, among others that do whatever the kernel lets them do."""
