"""What can go wrong, in one tree.

* MedcoreError
  + IntakeError      a file that is not taken into the library
  + PixelError       pixels that cannot be decoded or shown
  + LibraryError     the library cannot do what was asked
    + MissingError   what was asked for is not in the library, or no longer
  + ReportError      a report that cannot be made
  + ModelError       a model that cannot be loaded, run or trained

Every message is a sentence that a clinician can read: it names the attribute, the bound and the next step,
and never the patient.
"""


class MedcoreError(Exception):
    """Base of every error that MedCore raises on purpose."""


class IntakeError(MedcoreError):
    """A file is not taken into the library."""


class PixelError(MedcoreError):
    """Pixels cannot be decoded or shown."""


class LibraryError(MedcoreError):
    """The library cannot do what was asked."""


class MissingError(LibraryError):
    """What was asked for is not in the library, or no longer."""


class ReportError(MedcoreError):
    """A report cannot be made."""


class ModelError(MedcoreError):
    """A model cannot be loaded, run or trained."""
