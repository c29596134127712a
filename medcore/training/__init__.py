"""Labelled films in, a model folder out."""
