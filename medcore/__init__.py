"""MedCore: the loop between a DICOM viewer, a classifier and its reader."""

__version__ = "0.1.0"
