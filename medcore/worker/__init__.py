"""Runs the jobs: ties the stages below to the library, in processes of its own."""
