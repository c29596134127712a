/** Made-up images for the unit tests. */

import type { Image } from "./server";

/** A CT slice of 4 rows and 5 columns; `fields` replace its own. */
export function imageLike(fields: Partial<Image> = {}): Image {
  return {
    sop_instance_uid: "1.2.3",
    rows: 4,
    columns: 5,
    frames: 1,
    type: "int16",
    photometric_interpretation: "MONOCHROME2",
    inverted: false,
    modality: "CT",
    unit: "HU",
    bits_stored: 16,
    spacing_mm: [0.5, 0.25],
    spacing_source: "Pixel Spacing",
    regions: [],
    pixel_aspect: 2,
    frame_of_reference_uid: "",
    frame_time_ms: null,
    slope: 1,
    intercept: 0,
    modality_lut: null,
    windows: [],
    voi_lut: null,
    padding: null,
    per_frame: [{ position: null, orientation: null }],
    ...fields,
  };
}
