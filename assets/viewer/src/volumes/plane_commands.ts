/** Which of the viewer's commands make sense while the reader looks at planes through a volume. */

import { type Command, DRAWINGS, TOOLS, WINDOWS } from "../controls/commands";
import { worksInPlanes } from "./plane_tools";
import type { Viewer } from "../stage";
import type { ToolName } from "../tools/tools";

const ALWAYS = ["?", "Shift+P", "C", "D", "Y"]; // help, the way back, the crosshair, the patient's name, the measurements

/** Whether there is anything for a command to do now. */
export function isOffered(viewer: Viewer, command: Command): boolean {
  if (viewer.volume && !isForPlanes(command)) return false;
  return command.isOffered?.(viewer) ?? true;
}

function isForPlanes(command: Command): boolean {
  if (command.keys.some((key) => ALWAYS.includes(key))) return true;
  if ((Object.values(WINDOWS) as Command[]).includes(command) || command.label === DRAWINGS.cancel.label) return true;
  const tool = Object.entries(TOOLS).find(([, one]) => one.label === command.label);
  return tool ? worksInPlanes(tool[0] as ToolName) : !command.keys.length; // the windows that a file names have no keys
}
