/** A button that opens a short list of commands, by mouse and by keys. */

import type { Command } from "./commands";
import { element } from "../dom";
import { icon, type IconName } from "./icons";
import { writeKey } from "./keys";
import type { Viewer } from "../stage";

/** Make a menu; its commands are asked for each time that it opens. */
export function menu(viewer: Viewer, name: IconName, label: string, commands: () => Command[]): HTMLElement {
  const opener = element("button", { label, title: label });
  opener.type = "button";
  opener.append(icon(name));
  opener.setAttribute("aria-haspopup", "menu");
  const list = element("div", { className: "menu", role: "menu", label });
  const root = element("div", { className: "menu-root" }, [opener, list]);
  const show = (isOpen: boolean) => {
    list.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
  };
  const close = () => {
    show(false);
    opener.focus();
  };
  const open = () => {
    list.replaceChildren(...commands().map((command) => item(viewer, command, close)));
    show(true);
    itemsOf(list)[0]?.focus();
  };
  show(false);
  opener.addEventListener("click", () => (list.hidden ? open() : close()));
  opener.addEventListener("keydown", (event) => event.key === "ArrowDown" && open());
  list.addEventListener("keydown", (event) => moveIn(list, event, close));
  root.addEventListener("focusout", (event) => {
    if (!root.contains(event.relatedTarget as Node | null)) show(false);
  });
  return root;
}

function item(viewer: Viewer, command: Command, close: () => void): HTMLButtonElement {
  const { label, keys, hint, isOn } = command;
  const made = element("button", { role: isOn ? "menuitemradio" : "menuitem", tabIndex: -1 });
  made.type = "button";
  if (isOn) made.setAttribute("aria-checked", String(isOn(viewer)));
  made.append(element("span", { text: label }), element("kbd", { text: keys[0] ? writeKey(keys[0]) : (hint ?? "") }));
  made.addEventListener("click", () => {
    command.run(viewer);
    close();
  });
  return made;
}

function itemsOf(list: HTMLElement): HTMLButtonElement[] {
  return [...list.querySelectorAll("button")];
}

function moveIn(list: HTMLElement, event: KeyboardEvent, close: () => void): void {
  const items = itemsOf(list);
  const here = items.findIndex((one) => one === event.target);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) items[(to + items.length) % items.length]?.focus();
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export const MENU_STYLE = `
.menu-root { position: relative; }
.menu { position: absolute; z-index: 5; top: 100%; left: 0; min-width: 12rem; margin-top: 2px; padding: 3px; background: #1d2326; border: 1px solid #3a4347; border-radius: 4px; box-shadow: 0 4px 12px #000a; }
.menu[hidden] { display: none; }
.menu button { display: flex; justify-content: space-between; gap: 1.5rem; width: 100%; border: none; background: none; text-align: left; white-space: nowrap; }
.menu button:hover, .menu button:focus { background: #2a3033; }
.menu button[aria-checked="true"] > span::before { content: "✓ "; }
.menu kbd, .help kbd { font: inherit; color: #8b9599; }
`;
