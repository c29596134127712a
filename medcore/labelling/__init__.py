"""Labelled files in, labels in the library out: nothing is taken silently, and nothing that was given is lost."""
