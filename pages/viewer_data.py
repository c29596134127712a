"""What the viewer is told of a study: names, series, priors and maps; never pixels."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.explanation import NO_EVIDENCE
from medcore.library import Instance, Series, StoredPrediction, Study
from pages.installation import open_library
from pages.words import target_names


def viewer_data(study: Study, prediction: StoredPrediction | None) -> dict[str, object]:
    """Describe a study, its priors and the heatmap that may be laid over one of its films."""
    return {
        **study_data(study),
        "priors": [study_data(prior) for prior in priors_of(study)],
        "heatmap": heatmap_of(study, prediction),
    }


def study_data(study: Study) -> dict[str, object]:
    """Name a study and its series."""
    return {"study": entry(study), "series": [series_entry(series) for series in study.series]}


def priors_of(study: Study) -> tuple[Study, ...]:
    """Find the patient's other studies; without them where they cannot be read."""
    try:
        return open_library().priors(study.id)
    except MedcoreError as error:
        st.error(str(error), icon=":material/error:")
        return ()


def entry(study: Study) -> dict[str, object]:
    """Name a study for the viewer's corners."""
    when = f"{study.study_date:%d %b %Y}" if study.study_date else "no date"
    return {
        "id": study.id,
        "patient": "  ".join(filter(None, (study.patient_name or "No name", study.patient_id))),
        "about": f"{study.description or 'No description'}, {when}",
        "synthetic": study.synthetic,
    }


def series_entry(series: Series) -> dict[str, object]:
    """Name a series for the viewer's list."""
    return {
        "id": series.id,
        "title": f"{series.modality} {series.description}".strip(),
        "modality": series.modality,
        "frames": series.frames,
        "thumbnail": middle_of(series).attributes.sop_instance_uid,
    }


def middle_of(series: Series) -> Instance:
    """Return the image that stands for a series."""
    return series.instances[len(series.instances) // 2]


def heatmap_of(study: Study, prediction: StoredPrediction | None) -> dict[str, object] | None:
    """Give the viewer the raw maps, so that class, opacity, threshold and colours need no rerun."""
    if prediction is None or not prediction.maps:
        return None
    (film,) = (one for one in study.instances if one.id == prediction.instance_id)
    rows, columns = film.grid
    return {
        "instance": film.attributes.sop_instance_uid,
        "targets": [
            {
                "key": key,
                "name": name,
                "rows": prediction.maps[key].shape[0],
                "columns": prediction.maps[key].shape[1],
                "cells": [float(cell) for cell in prediction.maps[key].ravel()],
                "maximum": float(prediction.maps[key].max()),
            }
            for key, name in target_names(prediction).items()
        ],
        "scale": prediction.map_scale or 1.0,
        "box": [0, 0, rows, columns],
        "no_evidence": NO_EVIDENCE,
    }
