"""The network, its preprocessing, its operating point and whom it is for: arrays in, predictions out."""

from medcore.classifier.card import ModelCard, default_model_folder, read_model_card
from medcore.classifier.classifier import Classifier, Prediction
from medcore.classifier.scope import FilmFacts, Scope, ScopeVerdict, check_scope
from medcore.evaluation.operating_point import OperatingPoint

__all__ = [
    "Classifier",
    "FilmFacts",
    "ModelCard",
    "OperatingPoint",
    "Prediction",
    "Scope",
    "ScopeVerdict",
    "check_scope",
    "default_model_folder",
    "read_model_card",
]
