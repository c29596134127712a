"""A model before labelled films, of a folder or of the library: how good its answers are, and what it missed."""
