"""Where the network looked: saliency maps, and how they are drawn over a film."""

from medcore.explanation.grad_cam import grad_cam
from medcore.explanation.heatmap import (
    NO_EVIDENCE,
    display_grid,
    has_evidence,
    heatmap,
    scale_picture,
    upsample,
)
from medcore.explanation.maps import explain_batch, targets

__all__ = [
    "NO_EVIDENCE",
    "display_grid",
    "explain_batch",
    "grad_cam",
    "has_evidence",
    "heatmap",
    "scale_picture",
    "targets",
    "upsample",
]
