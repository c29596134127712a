"""Streamlit pages: widgets in, one call to medcore, widgets out."""
