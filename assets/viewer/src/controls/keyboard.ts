/** The keys of the viewer: they count while the focus or the mouse is in it, and never while something is typed. */

import { type Command, DRAWINGS, PICTURE, STACK, TOOLS, WINDOWS } from "./commands";
import { isForFocus, keyOf } from "./keys";
import { isOffered } from "../volumes/plane_commands";
import type { Viewer } from "../stage";

export interface CommandGroup {
  title: string;
  commands: Command[];
}

const GROUPS: CommandGroup[] = [
  { title: "Mouse tools", commands: Object.values(TOOLS) },
  { title: "Window", commands: Object.values(WINDOWS) },
  { title: "Image", commands: Object.values(PICTURE) },
  { title: "Stack", commands: Object.values(STACK) },
  { title: "Drawings", commands: Object.values(DRAWINGS) },
];
const TYPING = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const CONTROLS = `button, a, input, select, textarea, summary, [role=slider], [role=tab], [role=option], [role^=menuitem]`;

const added = new WeakMap<Viewer, CommandGroup[]>();

/** Every group of commands that has keys in a viewer. */
export function commandGroups(viewer: Viewer): CommandGroup[] {
  return [...GROUPS, ...(added.get(viewer) ?? [])];
}

/** Give keys to a part's own commands; the help lists them under a title. */
export function addCommands(viewer: Viewer, title: string, commands: Command[]): void {
  added.set(viewer, [...(added.get(viewer) ?? []), { title, commands }]);
}

export function addKeyboard(viewer: Viewer): void {
  let isPointed = false;
  viewer.root.addEventListener("pointerenter", () => (isPointed = true));
  viewer.root.addEventListener("pointerleave", () => (isPointed = false));
  const onKey = (event: KeyboardEvent) => {
    if (!viewer.root.isConnected) return window.removeEventListener("keydown", onKey, true);
    const path = event.composedPath();
    if (isPointed || path.includes(viewer.root)) press(viewer, event, path);
  };
  window.addEventListener("keydown", onKey, true); // before the page's own keys, so that a key has one meaning
  viewer.root.addEventListener("keydown", keepFromPage);
}

function press(viewer: Viewer, event: KeyboardEvent, path: EventTarget[]): void {
  const key = keyOf(event);
  const target = path[0];
  if (!key || isTaken(viewer, key, target)) return;
  const command = commandGroups(viewer).flatMap((group) => group.commands).find((one) => one.keys.includes(key));
  if (!command) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!viewer.volume) command.run(viewer);
  else if (!viewer.volume.press(key) && isOffered(viewer, command)) command.run(viewer);
}

/** Whether a key belongs to what has the focus: a text field, a list, a button's own Space, a dialog. */
function isTaken(viewer: Viewer, key: string, target: EventTarget | undefined): boolean {
  if (viewer.root.querySelector("dialog[open]")) return true;
  if (!(target instanceof Element)) return false;
  if (target.matches(TYPING)) return true;
  if (target.closest("[role=menu]")) return isForFocus(key) || key === "Escape";
  if (!isForFocus(key)) return false;
  const isOnToolbar = viewer.toolbar.contains(target) && target.matches("button");
  if (isOnToolbar) return key === "Space" || key === "Enter" || key === "Tab";
  return target.closest(CONTROLS) !== null;
}

/** What is typed or pressed in the viewer's own controls must not reach the page's keys: 1 to 8 and Enter. */
function keepFromPage(event: KeyboardEvent): void {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return;
  const isPress = event.key === "Enter" || event.key === " ";
  if (target.matches(TYPING) || (isPress && target.closest(CONTROLS))) event.stopPropagation();
}
