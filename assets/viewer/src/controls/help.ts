/** The help: every key and what the mouse does, from the same table that the keys work by. */

import { addCommands, commandGroups } from "./keyboard";
import { button, element } from "../dom";
import { icon } from "./icons";
import { writeKey } from "./keys";
import type { Viewer } from "../stage";

const GESTURES: [string, string][] = [
  ["Left drag", "The tool that is chosen"],
  ["Right drag", "Zoom"],
  ["Middle drag", "Move"],
  ["Wheel", "Scroll; zoom on a single image"],
  ["Ctrl wheel", "Zoom"],
  ["Double click", "This image alone; on an arrow: its text"],
  ["Two fingers", "Zoom and move"],
];

export function addHelp(viewer: Viewer): void {
  const dialog = element("dialog", { className: "help", label: "Keys and mouse" });
  const close = button("Close", "Close the help", () => dialog.close());
  const open = () => {
    const groups = commandGroups(viewer).map(({ title, commands }) =>
      section(title, commands.map(({ label, keys }) => [keys.map(writeKey).join(" or "), label])),
    );
    dialog.replaceChildren(
      element("div", { className: "help-head" }, [element("h2", { text: "Keys and mouse" }), close]),
      element("p", { text: "The keys count while the mouse or the focus is in the viewer." }),
      element("div", { className: "help-groups" }, [...groups, section("Mouse and touch", GESTURES)]),
    );
    dialog.showModal();
    close.focus();
  };
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  const opener = element("button", { label: "Keys and mouse (?)", title: "Keys and mouse (?)" }, [icon("help")]);
  opener.type = "button";
  opener.setAttribute("aria-haspopup", "dialog");
  opener.addEventListener("click", open);
  viewer.root.append(dialog);
  viewer.toolbar.append(element("div", { className: "group help-opener" }, [opener]));
  addCommands(viewer, "Help", [{ label: "Keys and mouse", keys: ["?"], run: open }]);
}

function section(title: string, rows: [string, string][]): HTMLElement {
  const list = rows.flatMap(([keys, label]) => [element("dt", {}, [element("kbd", { text: keys })]), element("dd", { text: label })]);
  return element("section", {}, [element("h3", { text: title }), element("dl", {}, list)]);
}

export const HELP_STYLE = `
.help { max-width: min(60rem, 94vw); max-height: 88vh; padding: 14px 18px; color: #d3d8da; background: #15191b; border: 1px solid #3a4347; border-radius: 6px; overflow: auto; }
.help::backdrop { background: #000a; }
.help-head { display: flex; justify-content: space-between; align-items: center; }
.help h2, .help h3 { margin: 0; font: inherit; font-weight: 600; }
.help h2 { font-size: 16px; }
.help p { margin: 2px 0 10px; color: #a9b2b5; }
.help-groups { columns: 3 16rem; column-gap: 24px; }
.help section { break-inside: avoid; margin-bottom: 12px; }
.help dl { display: grid; grid-template-columns: auto 1fr; gap: 1px 10px; margin: 3px 0 0; }
.help dt { text-align: right; white-space: nowrap; }
.help dd { margin: 0; }
`;
