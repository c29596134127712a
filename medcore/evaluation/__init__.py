"""Truth and probabilities in, figures with confidence intervals out."""
