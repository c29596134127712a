/** The mouse tools of Cornerstone3D, and which of them the left button holds. */

import * as tools from "@cornerstonejs/tools";
import type { Cell } from "./cell";

const { MouseBindings } = tools.Enums;
const GROUP = "medcore-stack";
const ALWAYS = [tools.WindowLevelTool, tools.ZoomTool, tools.PanTool, tools.StackScrollTool, tools.LengthTool];

/** Make the tools known; once a page. */
export function registerTools(): void {
  for (const tool of ALWAYS) tools.addTool(tool);
  const group = tools.ToolGroupManager.createToolGroup(GROUP)!;
  for (const tool of ALWAYS) group.addTool(tool.toolName);
  group.setToolActive(tools.StackScrollTool.toolName, { bindings: [{ mouseButton: MouseBindings.Wheel }] });
  holdWithLeft(tools.WindowLevelTool.toolName);
}

export function attach(cell: Cell, engineId: string): void {
  tools.ToolGroupManager.getToolGroup(GROUP)!.addViewport(cell.id, engineId);
}

/** Give the left button a tool; the right one always zooms, the middle one always moves the image. */
export function holdWithLeft(name: string): void {
  const group = tools.ToolGroupManager.getToolGroup(GROUP)!;
  const held = group.getActivePrimaryMouseButtonTool();
  if (held) group.setToolPassive(held);
  group.setToolActive(tools.ZoomTool.toolName, { bindings: [{ mouseButton: MouseBindings.Secondary }] });
  group.setToolActive(tools.PanTool.toolName, { bindings: [{ mouseButton: MouseBindings.Auxiliary }] });
  group.setToolActive(name, { bindings: [{ mouseButton: MouseBindings.Primary }] });
}
