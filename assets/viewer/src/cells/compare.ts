/** An earlier study of the same patient beside the one that is read. */

import { button, element } from "../dom";
import { addCommands } from "../controls/keyboard";
import type { Linking } from "./linking";
import { bestPrior } from "./priors";
import type { Viewer } from "../stage";

const LABEL = "Compare with the patient's earlier study";

export function addCompare(viewer: Viewer, linking: Linking): void {
  const compareButton = button("Compare", LABEL, () => void compare(viewer, linking));
  const group = element("div", { className: "group" }, [compareButton]);
  const show = () => (group.hidden = viewer.data.priors.every((prior) => prior.series.length === 0));
  viewer.toolbar.append(group);
  const isOffered = () => !group.hidden;
  addCommands(viewer, "Earlier studies", [
    { label: LABEL, keys: ["Shift+C"], run: () => isOffered() && void compare(viewer, linking), isOffered },
  ]);
  viewer.on("data", show);
  show();
}

/** Open the earlier series that fits what is read to the right of it, and link the two. */
async function compare(viewer: Viewer, linking: Linking): Promise<void> {
  const own = viewer.data.series;
  const current = own.find((entry) => entry.id === viewer.active.entry?.id) ?? own[0];
  const earlier = current && bestPrior(current, viewer.data.priors);
  if (!current || !earlier) return;
  viewer.layout.choose("two");
  const [left, right] = [viewer.cells[0]!, viewer.cells[1]!];
  if (right.entry?.id !== earlier.id) await viewer.open(right, earlier);
  if (left.entry?.id === current.id) viewer.activate(left);
  else await viewer.open(left, current);
  for (const link of ["window", "camera", "scroll"] as const) linking.set(link, true);
}
