/** The mouse tools in the planes of a volume. What is measured there is not kept: it lies on no image of the series. */

import * as tools from "@cornerstonejs/tools";
import { ScrollTool } from "../tools/scroll_tool";
import type { ToolName } from "../tools/tools";
import { writeValue } from "../tools/units";
import { WindowTool } from "../tools/window_tool";

const GROUP = "medcore-planes";
const { MouseBindings } = tools.Enums;

class PlaneLengthTool extends tools.LengthTool {
  static override toolName = "PlaneLength";
}

class PlaneAngleTool extends tools.AngleTool {
  static override toolName = "PlaneAngle";
}

class PlaneProbeTool extends tools.ProbeTool {
  static override toolName = "PlaneProbe";
}

const NAMES: Partial<Record<ToolName, string>> = {
  window: WindowTool.toolName,
  zoom: tools.ZoomTool.toolName,
  move: tools.PanTool.toolName,
  scroll: ScrollTool.toolName,
  length: PlaneLengthTool.toolName,
  angle: PlaneAngleTool.toolName,
  probe: PlaneProbeTool.toolName,
};
const DRAWING = [PlaneLengthTool, PlaneAngleTool, PlaneProbeTool];

let group: tools.Types.IToolGroup | null = null;

function planeGroup(): tools.Types.IToolGroup {
  if (group) return group;
  for (const tool of DRAWING) tools.addTool(tool);
  group = tools.ToolGroupManager.createToolGroup(GROUP)!;
  for (const name of Object.values(NAMES)) {
    group.addTool(name, name === PlaneProbeTool.toolName ? { getTextLines: probeLines } : {});
    group.setToolPassive(name);
  }
  return group;
}

/** Let the tools work in a plane. */
export function attachPlane(viewportId: string, engineId: string): void {
  planeGroup().addViewport(viewportId, engineId);
}

/** Whether a tool can be used in the planes. */
export function worksInPlanes(name: ToolName): boolean {
  return name in NAMES;
}

/** Give the left button a tool; the right one always zooms, the middle one moves the image, two fingers do both. */
export function holdInPlanes(name: ToolName): void {
  const held = planeGroup();
  const before = held.getActivePrimaryMouseButtonTool();
  if (before) held.setToolPassive(before);
  held.setToolActive(NAMES.zoom!, { bindings: [{ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 }] });
  held.setToolActive(NAMES.move!, { bindings: [{ mouseButton: MouseBindings.Auxiliary }] });
  if (NAMES[name]) held.setToolActive(NAMES[name], { bindings: [{ mouseButton: MouseBindings.Primary }] });
}

function probeLines(data: tools.Types.Annotation["data"], target: string): string[] | undefined {
  const read = data.cachedStats as Record<string, { value?: unknown; modalityUnit?: unknown }> | undefined;
  const { value, modalityUnit } = read?.[target] ?? {};
  return typeof value === "number" ? [writeValue(value, modalityUnit === "HU" ? "HU" : "")] : undefined;
}

/** Remove what was drawn in the planes: all of it, or what is selected. */
export function clearPlanes(what: "all" | "selected"): void {
  const { selection, state } = tools.annotation;
  for (const one of state.getAllAnnotations()) {
    const isInPlanes = DRAWING.some((tool) => tool.toolName === one.metadata?.toolName);
    if (isInPlanes && (what === "all" || selection.isAnnotationSelected(one.annotationUID!))) state.removeAnnotation(one.annotationUID!);
  }
}
