"""One file for one change."""
