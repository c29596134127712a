/** Dresses every cell of the layout once, whenever it comes. */

import type { Cell } from "./cell";
import type { Viewer } from "../stage";

export function onEachCell(viewer: Viewer, dress: (cell: Cell) => void): void {
  const dressed = new WeakSet<Cell>();
  const dressNew = () => {
    for (const cell of viewer.cells) {
      if (dressed.has(cell)) continue;
      dressed.add(cell);
      dress(cell);
    }
  };
  viewer.on("cells", dressNew);
  dressNew();
}
