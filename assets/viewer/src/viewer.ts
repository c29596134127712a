/** The bundle's entry: the page calls `mount` at every rerun with what there is to show. */

import type { ViewerData } from "./data";
import { Viewer } from "./stage";

/** What Streamlit hands to a component: its place in the page, its data, and a way back. */
export interface Component {
  parentElement: HTMLElement | ShadowRoot;
  data: ViewerData;
  setStateValue(name: string, value: unknown): void;
}

const viewers = new WeakMap<HTMLElement | ShadowRoot, Viewer>();

/** Show what the page wants shown, in the viewer that is already there or in a new one. */
export function mount(component: Component): () => void {
  const { parentElement, data } = component;
  const known = viewers.get(parentElement);
  if (known) {
    known.update(data);
  } else {
    const viewer = new Viewer(data, (sopInstanceUid) => component.setStateValue("shown", sopInstanceUid));
    viewers.set(parentElement, viewer);
    parentElement.append(viewer.root);
    void viewer.start();
  }
  return () => {
    viewers.get(parentElement)?.stop();
    viewers.delete(parentElement);
  };
}
