/** The buttons above the images: one for each mouse tool, then what is done to the picture. */

import { eventTarget } from "@cornerstonejs/core";
import { Enums } from "@cornerstonejs/tools";
import { selected } from "../tools/annotations";
import { type Command, DRAWINGS, PICTURE, TOOLS, WINDOWS } from "./commands";
import { element } from "../dom";
import { onEachCell } from "../cells/each_cell";
import { icon, type IconName } from "./icons";
import { writeKey } from "./keys";
import { menu } from "./menu";
import { isOffered } from "../volumes/plane_commands";
import type { Window } from "../server";
import type { Viewer } from "../stage";
import { onHeld } from "../tools/tools";

const { file, lung, bone, softTissue, brain, fullRange, invert } = WINDOWS;
const { rotateLeft, rotateRight, flipHorizontally, flipVertically, fit, oneToOne, reset } = PICTURE;

export function addToolbar(viewer: Viewer): void {
  const toolbar = new Toolbar(viewer);
  viewer.toolbar.append(toolbar.tools(), toolbar.actions());
  onHeld(() => toolbar.write());
  for (const event of [Enums.Events.ANNOTATION_SELECTION_CHANGE, Enums.Events.ANNOTATION_REMOVED]) {
    eventTarget.addEventListener(event, () => toolbar.write());
  }
  for (const event of ["active", "volume"] as const) viewer.on(event, () => toolbar.write());
  onEachCell(viewer, (cell) => {
    for (const event of ["opened", "window", "image"] as const) cell.on(event, () => cell === viewer.active && toolbar.write());
  });
  toolbar.write();
}

class Toolbar {
  private readonly buttons = new Map<HTMLButtonElement, Command>();

  constructor(private readonly viewer: Viewer) {}

  tools(): HTMLElement {
    const made = Object.entries(TOOLS).map(([name, command]) => this.button(name as IconName, command));
    const remove: Command = { ...DRAWINGS.remove, isOffered: () => selected().length > 0 };
    return element("div", { className: "group", role: "group", label: "Mouse tools" }, [...made, this.button("delete", remove)]);
  }

  actions(): HTMLElement {
    return element("div", { className: "group", role: "group", label: "Image" }, [
      menu(this.viewer, "presets", "Windows", () => this.windows()),
      this.button("invert", invert),
      menu(this.viewer, "turn", "Turn and flip", () => [rotateLeft, rotateRight, flipHorizontally, flipVertically]),
      this.button("fit", fit),
      this.button("oneToOne", oneToOne),
      this.button("reset", reset),
    ]);
  }

  /** What the file asks for, each window that it names, the usual ones where they make sense, everything. */
  private windows(): Command[] {
    const cell = this.viewer.active;
    const usual: Command[] = [lung, bone, softTissue, brain, fullRange];
    const own = distinct(cell.windows).filter((window) => !usual.some(({ label }) => label === window.name));
    const named = own.map((window): Command => ({
      label: window.name,
      keys: [],
      hint: `${window.center} / ${window.width}`,
      run: () => cell.chooseWindow(window),
      isOn: () => cell.windowChoice !== "file" && cell.windowChoice.name === window.name,
    }));
    const offered = usual.filter((command) => command.isOffered?.(this.viewer) ?? true);
    const marked = offered.map((command) => ({
      ...command,
      isOn: () => cell.windowChoice !== "file" && cell.windowChoice.name === command.label,
    }));
    return [file, ...named, ...marked];
  }

  private button(name: IconName, command: Command): HTMLButtonElement {
    const label = `${command.label} (${writeKey(command.keys[0]!)})`;
    const made = element("button", { label, title: label }, [icon(name)]);
    made.type = "button";
    made.addEventListener("click", () => {
      command.run(this.viewer);
      this.write();
    });
    this.buttons.set(made, command);
    return made;
  }

  /** Say of each button whether it is on, and whether there is anything for it to do. */
  write(): void {
    for (const [made, command] of this.buttons) {
      if (command.isOn) made.setAttribute("aria-pressed", String(command.isOn(this.viewer)));
      made.disabled = !isOffered(this.viewer, command);
    }
  }
}

/** Files repeat their windows: each is offered once, by its first name. */
function distinct(windows: Window[]): Window[] {
  const look = ({ center, width, function: name }: Window) => `${center} ${width} ${name}`;
  return windows.filter((window, index) => windows.findIndex((one) => look(one) === look(window)) === index);
}

export const TOOLBAR_STYLE = `
.toolbar { column-gap: 4px; row-gap: 2px; }
.toolbar .group { gap: 0; }
.toolbar button { min-width: 28px; padding: 2px 4px; background: none; border-color: transparent; }
.toolbar button:hover:enabled { background: #2a3033; }
.toolbar button[aria-pressed="true"] { background: #23869b; }
.toolbar button:disabled { opacity: 0.35; cursor: default; }
.help-opener { margin-left: auto; }
`;
