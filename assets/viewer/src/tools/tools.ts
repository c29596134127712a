/** The mouse tools of Cornerstone3D, and which of them the left button holds. */

import { getEnabledElementByViewportId } from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { allDrawn, DRAWING_TOOLS, remove, selected, textLines } from "./annotations";
import type { Cell } from "../cells/cell";
import { askForNote } from "./note";
import { SCROLL_ASKED, ScrollTool } from "./scroll_tool";
import type { Kind } from "./units";
import { listenToWheel } from "../controls/wheel";
import { WINDOW_DRAGGED, WindowTool } from "./window_tool";

export type ToolName = "window" | "zoom" | "move" | "rotate" | "scroll" | Kind;

const { MouseBindings } = tools.Enums;
const GROUP = "medcore-stack";
const COLOR = "rgb(124, 195, 211)";
const MARKED = "rgb(255, 255, 255)";
const LOCKED = "rgb(167, 176, 180)"; // another reader's

const LOOKS = {
  color: COLOR, colorHighlighted: MARKED, colorSelected: MARKED, colorLocked: LOCKED, textBoxColor: COLOR, textBoxColorHighlighted: MARKED,
  textBoxColorSelected: MARKED, textBoxColorLocked: LOCKED, textBoxFontSize: "13px", textBoxFontFamily: "system-ui, sans-serif", lineWidth: "1.5",
};

const NAMES: Record<ToolName, string> = {
  window: WindowTool.toolName,
  zoom: tools.ZoomTool.toolName,
  move: tools.PanTool.toolName,
  rotate: tools.PlanarRotateTool.toolName,
  scroll: ScrollTool.toolName,
  ...DRAWING_TOOLS,
};
const CLASSES = [
  WindowTool, tools.ZoomTool, tools.PanTool, tools.PlanarRotateTool, ScrollTool, tools.LengthTool, tools.AngleTool,
  tools.RectangleROITool, tools.EllipticalROITool, tools.ProbeTool, tools.ArrowAnnotateTool,
];

const cells = new Map<string, Cell>(); // by viewport
const holders = new Set<() => void>(); // to tell when the left button gets another tool
let held: ToolName = "window";

/** Make the tools known; once a page. */
export function registerTools(): void {
  for (const tool of CLASSES) tools.addTool(tool);
  const { style } = tools.annotation.config;
  style.setDefaultToolStyles({ global: { ...style.getDefaultToolStyles().global, ...LOOKS } });
  const group = tools.ToolGroupManager.createToolGroup(GROUP)!;
  for (const [name, toolName] of Object.entries(NAMES)) {
    group.addTool(toolName, configurationOf(name as ToolName));
    group.setToolPassive(toolName); // what was drawn stays on show, and can be changed
  }
  holdWithLeft(held);
}

function configurationOf(name: ToolName): object {
  if (name === "zoom") return { minZoomScale: 0.05, maxZoomScale: 60, pan: true, pinchToZoom: true };
  if (name === "arrow") return { getTextCallback: askForNewText, changeTextCallback: askForOtherText };
  if (!(name in DRAWING_TOOLS)) return {};
  const write = (data: tools.Types.Annotation["data"], targets: string | string[]) => textLines(name as Kind, data, targets);
  const touch = { touchCanvasOffset: { x: 0, y: 0 } }; // what the finger is on, not what lies above it
  return { ...touch, getTextLines: write, calculateStats: false, actions: { undo: { bindings: [] }, redo: { bindings: [] } } };
}

/** Let the tools work in a cell. */
export function attach(cell: Cell, engineId: string): void {
  tools.ToolGroupManager.getToolGroup(GROUP)!.addViewport(cell.id, engineId);
  for (const [id] of cells) if (!getEnabledElementByViewportId(id)) cells.delete(id); // of a viewer that was closed
  cells.set(cell.id, cell);
  listenToWheel(cell);
  cell.plate.addEventListener(WINDOW_DRAGGED, () => cell.keepDragged());
  cell.plate.addEventListener(SCROLL_ASKED, (event) => cell.scrollBy((event as CustomEvent<number>).detail));
  cell.on("opened", () => (cell.plate.dataset.images = String(cell.length)));
}

export function heldTool(): ToolName {
  return held;
}

export function onHeld(listener: () => void): void {
  holders.add(listener);
}

/** Give the left button a tool; the right one always zooms, the middle one moves the image, two fingers do both. */
export function holdWithLeft(name: ToolName): void {
  const group = tools.ToolGroupManager.getToolGroup(GROUP)!;
  const before = group.getActivePrimaryMouseButtonTool();
  if (before) group.setToolPassive(before);
  const always = [{ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 }];
  group.setToolActive(NAMES.zoom, { bindings: always });
  group.setToolActive(NAMES.move, { bindings: [{ mouseButton: MouseBindings.Auxiliary }] });
  group.setToolActive(NAMES[name], { bindings: [{ mouseButton: MouseBindings.Primary }] });
  held = name;
  for (const listener of holders) listener();
}

/** Remove the drawings that are selected. */
export function removeSelected(): void {
  for (const drawn of selected()) remove(drawn);
  redraw();
}

/** Stop drawing, or let go of what is selected. */
export function cancel(): void {
  for (const cell of cells.values()) {
    const uid = getEnabledElementByViewportId(cell.id) ? tools.cancelActiveManipulations(cell.plate) : undefined;
    if (uid) tools.annotation.state.removeAnnotation(uid);
  }
  for (const drawn of selected()) tools.annotation.selection.setAnnotationSelected(drawn.annotationUID!, false);
  redraw();
}

/** Draw what was drawn anew in all cells. */
export function redraw(): void {
  tools.utilities.triggerAnnotationRenderForViewportIds([...cells.keys()].filter((id) => getEnabledElementByViewportId(id)));
}

/** A new arrow asks for its text; without one it goes away again. */
function askForNewText(done: (text: string) => void): void {
  const drawn = allDrawn().findLast((one) => one.metadata?.toolName === DRAWING_TOOLS.arrow && !one.data.label);
  const cell = drawn && cellOf(drawn);
  if (!drawn || !cell) return done("");
  askForNote(cell, tailOf(cell, drawn), "", (text) => done(text ?? ""));
}

function askForOtherText(drawn: tools.Types.Annotation, _event: unknown, done: (text: string) => void): void {
  const cell = cellOf(drawn);
  if (!cell) return;
  const before = drawn.data.label ?? "";
  askForNote(cell, tailOf(cell, drawn), before, (text) => {
    if (text === "") remove(drawn);
    else done(text ?? before);
    redraw();
  });
}

function cellOf(drawn: tools.Types.Annotation): Cell | undefined {
  const showing = [...cells.values()].filter((cell) => cell.imageId === drawn.metadata?.referencedImageId);
  return showing.find((cell) => cell.frame.matches(":focus-within")) ?? showing[0];
}

function tailOf(cell: Cell, drawn: tools.Types.Annotation): [number, number] {
  return cell.viewport.worldToCanvas(drawn.data.handles!.points![1]!) as [number, number];
}
