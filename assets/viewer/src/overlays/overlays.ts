/** All that is laid over the pictures or listed beside them, and how it looks. */

import { COLOR_BAR_STYLE } from "./color_bar";
import { addCorners, CORNERS_STYLE } from "./corners";
import { addHeatmap, HEATMAP_STYLE } from "./heatmap";
import { addCommands } from "../controls/keyboard";
import { MEASUREMENT_TABLE_STYLE } from "../measurements/measurement_table";
import { addMeasurements } from "../measurements/measurements";
import { addOrientation, ORIENTATION_STYLE } from "./orientation";
import { addScaleBar, SCALE_BAR_STYLE } from "./scale_bar";
import type { Viewer } from "../stage";

export const OVERLAYS_STYLE = CORNERS_STYLE + ORIENTATION_STYLE + SCALE_BAR_STYLE + HEATMAP_STYLE + COLOR_BAR_STYLE + MEASUREMENT_TABLE_STYLE;

export function addOverlays(viewer: Viewer): void {
  const patient = addCorners(viewer);
  addOrientation(viewer);
  addScaleBar(viewer);
  const heatmap = addHeatmap(viewer);
  const measurements = addMeasurements(viewer);
  addCommands(viewer, "Overlays", [
    { label: "Heatmap on or off", keys: ["G"], run: heatmap },
    { label: "Patient's name on or off", keys: ["D"], run: patient },
    { label: "Measurements beside the images", keys: ["Y"], run: measurements },
  ]);
}
