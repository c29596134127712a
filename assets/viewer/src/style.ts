/** The viewer's looks. It stays dark in both themes: films are read in the dark. */

import { CINE_STYLE } from "./controls/cine";
import { HELP_STYLE } from "./controls/help";
import { ICON_STYLE } from "./controls/icons";
import { LAYOUT_STYLE } from "./cells/layout";
import { LINKING_STYLE } from "./cells/linking";
import { MENU_STYLE } from "./controls/menu";
import { NOTE_STYLE } from "./tools/note";
import { NOTICE_STYLE } from "./cells/notice";
import { OVERLAYS_STYLE } from "./overlays/overlays";
import { MPR_STYLE } from "./volumes/mpr";
import { REFERENCE_LINES_STYLE } from "./cells/reference_lines";
import { SERIES_LIST_STYLE } from "./cells/series_list";
import { TOOLBAR_STYLE } from "./controls/toolbar";
import { SLAB_STYLE } from "./volumes/slab";
import { VOLUME_BUTTON_STYLE } from "./volumes/volume_button";
import { VOLUME_CELL_STYLE } from "./volumes/volume_cell";

export const STYLE = `
:host { display: block; }
.viewer { display: flex; flex-direction: column; height: calc(100dvh - var(--above, 10rem) - 10px); min-height: 22rem; background: #000; color: #d3d8da;
  font: 13px/1.35 "Source Sans", system-ui, sans-serif; border: 1px solid #2a3033; border-radius: 4px; overflow: hidden; }
.toolbar { display: flex; flex-wrap: wrap; gap: 2px; padding: 3px; background: #15191b; border-bottom: 1px solid #2a3033; }
.group { display: flex; gap: 2px; }
.group[hidden] { display: none; }
.body { display: flex; flex: 1; min-height: 0; }
.cells { position: relative; display: grid; flex: 1; min-width: 0; gap: 1px; background: #2a3033; }
.cells[hidden] { display: none; }
.cell { position: relative; background: #000; min-width: 0; min-height: 0; overflow: hidden; outline: none; }
.plate, .cover { position: absolute; inset: 0; }
.plate { touch-action: none; }
.cover { pointer-events: none; }
button, select { font: inherit; color: inherit; background: #1d2326; border: 1px solid #2a3033; border-radius: 4px; padding: 3px 7px; min-height: 28px; cursor: pointer; }
button:hover { background: #2a3033; }
button[aria-pressed="true"] { background: #23869b; border-color: #23869b; color: #fff; }
button:focus-visible, select:focus-visible, input:focus-visible { outline: 2px solid #7cc3d3; outline-offset: 1px; }
${TOOLBAR_STYLE}${ICON_STYLE}${MENU_STYLE}${HELP_STYLE}${CINE_STYLE}${NOTICE_STYLE}${NOTE_STYLE}${LAYOUT_STYLE}${LINKING_STYLE}${MPR_STYLE}${SLAB_STYLE}${VOLUME_BUTTON_STYLE}${VOLUME_CELL_STYLE}${REFERENCE_LINES_STYLE}${SERIES_LIST_STYLE}${OVERLAYS_STYLE}`;
