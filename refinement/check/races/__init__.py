"""Anybody's database called from several threads, under schedules that are chosen, and its histories judged."""
