"""The measurements of a study as a table for a spreadsheet.

It names neither patient nor identifiers of the files: studies and images stand in it by their numbers in the library,
so that it can be passed on to where readings are compared, and whoever needs the patient looks the study up.
"""

import csv
import io
import re

from medcore.dicom.measurement import MM, MM_AT_DETECTOR, PIXELS
from medcore.library import Instance, Measurement, Series, Study

# What a spreadsheet may take for a formula: at the start of a cell, and after a semicolon, which begins a new cell
# where the comma divides decimals.
FORMULA = re.compile(r"""(^|;)([\s"']*[=+\-@＝＋－＠﹢﹣﹫﹦−])""")
COLUMNS = (
    "Study",
    "Image",
    "Series number",
    "Image number in series",
    "Frame",
    "Kind",
    "Length (mm)",
    "Length at the detector (mm)",
    "Length (pixels)",
    "Angle (degrees)",
    "Area (mm²)",
    "Area at the detector (mm²)",
    "Area (square pixels)",
    "Pixels",
    "Mean",
    "Standard deviation",
    "Minimum",
    "Maximum",
    "Value",
    "Unit of mean, deviation, minimum, maximum and value",
    "Text",
    "Reader",
    "Saved at (UTC)",
    "Saved with reading",
    "Synthetic",
)
LENGTHS = {MM: "Length (mm)", MM_AT_DETECTOR: "Length at the detector (mm)", PIXELS: "Length (pixels)"}
AREAS = {MM: "Area (mm²)", MM_AT_DETECTOR: "Area at the detector (mm²)", PIXELS: "Area (square pixels)"}
VALUES = {
    "angle": "Angle (degrees)",
    "pixels": "Pixels",
    "mean": "Mean",
    "standard_deviation": "Standard deviation",
    "minimum": "Minimum",
    "maximum": "Maximum",
    "value": "Value",
}
SYNTHETIC = "SYNTHETIC"


def write_table(study: Study, measurements: tuple[Measurement, ...]) -> bytes:
    """Write one row a measurement, in UTF-8 with the mark that spreadsheets know it by."""
    places = {
        instance.attributes.sop_instance_uid: (series, instance)
        for series in study.series
        for instance in series.instances
    }
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    for measurement in measurements:
        if measurement.sop_instance_uid in places:
            series, instance = places[measurement.sop_instance_uid]
            writer.writerow(_row(study, series, instance, measurement))
    return text.getvalue().encode("utf-8-sig")


def _row(study: Study, series: Series, instance: Instance, measurement: Measurement) -> dict[str, object]:
    saved = measurement.created_at
    row: dict[str, object] = {
        "Study": study.id,
        "Image": instance.id,
        "Series number": series.number,
        "Image number in series": instance.attributes.instance_number,
        "Frame": measurement.frame + 1,
        "Kind": measurement.kind,
        "Text": _plain(measurement.text),
        "Reader": _plain(measurement.reader),
        "Saved at (UTC)": saved.strftime("%Y-%m-%d %H:%M:%S") if saved else "",
        "Saved with reading": measurement.reading,
        "Synthetic": SYNTHETIC if study.synthetic else "",
    }
    for name, value in measurement.values.items():
        row[_column(name, measurement)] = value
    if any(name not in ("length", "angle", "area", "pixels") for name in measurement.values):
        row["Unit of mean, deviation, minimum, maximum and value"] = measurement.value_unit or "none"
    return row


def _column(name: str, measurement: Measurement) -> str:
    if name in ("length", "area"):
        return (LENGTHS if name == "length" else AREAS)[measurement.length_unit]
    return VALUES[name]


def _plain(text: str) -> str:
    """Keep a spreadsheet from running what somebody typed; see OWASP, CSV Injection."""
    return FORMULA.sub(r"\1'\2", text)
