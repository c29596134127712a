"""The page About."""

import streamlit as st

st.title("About")
