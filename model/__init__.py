"""The meaning: the address spaces of Appendix A, executable and as a first-order transition system."""
