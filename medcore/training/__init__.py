"""Labelled films in, a model folder out."""

from medcore.training.default_model import train_default

__all__ = ["train_default"]
