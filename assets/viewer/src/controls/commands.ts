/** What can be done with the image that is shown, by name: the toolbar, the keys and the help are made from this table. */

import type { Cell } from "../cells/cell";
import { heldTool, holdWithLeft, removeSelected, cancel, type ToolName } from "../tools/tools";
import type { Viewer } from "../stage";

export interface Command {
  label: string;
  keys: string[];
  hint?: string; // in a menu, where there is no key
  run(viewer: Viewer): void;
  isOn?(viewer: Viewer): boolean; // for what is switched on and off
  isOffered?(viewer: Viewer): boolean; // everywhere, where it is not said
}

const ZOOM_STEP = 1.25;
const PAN_STEP = 40; // pixels of the screen
const WINDOW_STEP = 0.05; // of the window's width
const PAGE = 10; // images

const isGrey = ({ active }: Viewer) => Boolean(active?.shown) && active.shown!.image.type !== "rgb8";
const isStack = ({ active }: Viewer) => (active?.length ?? 0) > 1;

/** Act on the active cell, where there is a picture in it. */
function onCell(act: (cell: Cell) => void): (viewer: Viewer) => void {
  return ({ active }) => {
    if (active?.shown && !active.failure) act(active);
  };
}

function holds(label: string, key: string, name: ToolName, isOffered?: Command["isOffered"]): Command {
  return { label, keys: [key], run: () => holdWithLeft(name), isOn: ({ volume }) => heldTool() === name && !volume?.isAiming, ...(isOffered ? { isOffered } : {}) };
}

function scrolls(label: string, keys: string[], images: (cell: Cell) => number): Command {
  return { label, keys, run: ({ active }) => active?.series && active.scrollBy(images(active)), isOffered: isStack };
}

function looksThrough(label: string, key: string): Command {
  const find = (cell: Cell) => cell.windows.find((window) => window.name === label);
  return {
    label,
    keys: [key],
    run: onCell((cell) => {
      const found = find(cell);
      if (found) cell.chooseWindow(found);
    }),
    isOffered: ({ active }) => Boolean(active?.shown && find(active)),
  };
}

function changesWindow(label: string, key: string, wider: number, darker: number): Command {
  return {
    label,
    keys: [key],
    run: onCell((cell) => {
      const { center, width } = cell.window;
      cell.chooseWindow({ ...cell.window, name: "Own", center: center + darker * width, width: Math.max(width * (1 + wider), 1e-6) });
    }),
    isOffered: isGrey,
  };
}

export const TOOLS = {
  window: holds("Window: drag right for wider, down for darker", "W", "window"),
  zoom: holds("Zoom", "Z", "zoom"),
  move: holds("Move", "M", "move"),
  rotate: holds("Turn", "T", "rotate"),
  scroll: holds("Scroll", "S", "scroll", isStack),
  probe: holds("Value at a point", "P", "probe"),
  length: holds("Length", "L", "length"),
  angle: holds("Angle", "A", "angle"),
  rectangle: holds("Rectangle: mean, SD and area", "B", "rectangle"),
  ellipse: holds("Ellipse: mean, SD and area", "E", "ellipse"),
  arrow: holds("Arrow with text", "N", "arrow"),
} satisfies Record<ToolName, Command>;

export const WINDOWS = {
  file: {
    label: "From the file",
    keys: ["Shift+F"],
    run: onCell((cell) => cell.chooseWindow("file")),
    isOn: ({ active }) => active?.windowChoice === "file",
  },
  lung: looksThrough("Lung", "Shift+L"),
  bone: looksThrough("Bone", "Shift+B"),
  softTissue: looksThrough("Soft tissue", "Shift+S"),
  brain: looksThrough("Brain", "Shift+H"),
  fullRange: looksThrough("Full range", "Shift+R"),
  narrower: changesWindow("Narrower", "Shift+ArrowLeft", -WINDOW_STEP, 0),
  wider: changesWindow("Wider", "Shift+ArrowRight", WINDOW_STEP, 0),
  brighter: changesWindow("Brighter", "Shift+ArrowUp", 0, -WINDOW_STEP),
  darker: changesWindow("Darker", "Shift+ArrowDown", 0, WINDOW_STEP),
  invert: {
    label: "Invert",
    keys: ["I"],
    run: (viewer) => isGrey(viewer) && onCell((cell) => cell.turn())(viewer),
    isOn: ({ active }) => active?.isTurned ?? false,
    isOffered: isGrey,
  },
} satisfies Record<string, Command>;

export const PICTURE = {
  fit: { label: "Fit", keys: ["F"], run: onCell((cell) => cell.fit()) },
  oneToOne: { label: "One to one", keys: ["O"], run: onCell((cell) => cell.oneToOne()) },
  zoomIn: { label: "Larger", keys: ["+", "="], run: onCell((cell) => cell.zoomBy(ZOOM_STEP)) },
  zoomOut: { label: "Smaller", keys: ["-"], run: onCell((cell) => cell.zoomBy(1 / ZOOM_STEP)) },
  moveLeft: { label: "Move left", keys: ["Ctrl+ArrowLeft"], run: onCell((cell) => cell.pan(-PAN_STEP, 0)) },
  moveRight: { label: "Move right", keys: ["Ctrl+ArrowRight"], run: onCell((cell) => cell.pan(PAN_STEP, 0)) },
  moveUp: { label: "Move up", keys: ["Ctrl+ArrowUp"], run: onCell((cell) => cell.pan(0, -PAN_STEP)) },
  moveDown: { label: "Move down", keys: ["Ctrl+ArrowDown"], run: onCell((cell) => cell.pan(0, PAN_STEP)) },
  rotateLeft: { label: "Turn left", keys: [","], run: onCell((cell) => cell.rotate(-90)) },
  rotateRight: { label: "Turn right", keys: ["."], run: onCell((cell) => cell.rotate(90)) },
  flipHorizontally: { label: "Flip left for right", keys: ["H"], run: onCell((cell) => cell.flip("horizontal")) },
  flipVertically: { label: "Flip top for bottom", keys: ["V"], run: onCell((cell) => cell.flip("vertical")) },
  reset: { label: "Reset", keys: ["X"], run: onCell((cell) => cell.reset()) },
} satisfies Record<string, Command>;

export const STACK = {
  previous: scrolls("Previous image", ["ArrowUp", "ArrowLeft"], () => -1),
  next: scrolls("Next image", ["ArrowDown", "ArrowRight"], () => 1),
  back: scrolls(`${PAGE} images back`, ["PageUp"], () => -PAGE),
  on: scrolls(`${PAGE} images on`, ["PageDown"], () => PAGE),
  first: scrolls("First image", ["Home"], (cell) => -cell.length),
  last: scrolls("Last image", ["End"], (cell) => cell.length),
} satisfies Record<string, Command>;

export const DRAWINGS = {
  remove: { label: "Delete what is selected", keys: ["Delete", "Backspace"], run: () => removeSelected() },
  cancel: { label: "Stop drawing, select nothing", keys: ["Escape"], run: () => cancel() },
} satisfies Record<string, Command>;
