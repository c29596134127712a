"""Every change of the library's tables, in order; run when a library is opened."""
