"""The page Review."""

import streamlit as st

st.title("Review")
