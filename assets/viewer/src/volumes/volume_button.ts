/** The way from a stack to the planes of its volume, and back; where there is no volume it says why. */

import { getShouldUseCPURendering } from "@cornerstonejs/core";
import type { Cell } from "../cells/cell";
import { button, element } from "../dom";
import { onEachCell } from "../cells/each_cell";
import { addCommands } from "../controls/keyboard";
import { Mpr } from "./mpr";
import type { SeriesImages } from "../server";
import type { Viewer } from "../stage";
import { heldTool, onHeld } from "../tools/tools";
import { loadImages } from "./volume";

const LABEL = "Planes through the volume (MPR)";
const LOADING = "Loading the volume";
const SHOWN_MS = 8000; // how long a reason stays

export function addVolume(viewer: Viewer): void {
  const volumeButton = new VolumeButton(viewer);
  viewer.toolbar.append(volumeButton.root);
  viewer.on("active", () => volumeButton.update());
  viewer.on("volume", () => volumeButton.update());
  viewer.grid.append(volumeButton.notice);
  onEachCell(viewer, (cell) => {
    cell.on("opened", () => volumeButton.update());
    cell.on("window", () => cell === viewer.active && viewer.volume?.follow());
  });
  onHeld(() => viewer.volume?.hold(heldTool()));
  addCommands(viewer, "Planes", [
    { label: LABEL, keys: ["Shift+P"], run: () => void volumeButton.press() },
    { label: "Crosshair", keys: ["C"], run: () => viewer.volume?.setAiming(true) },
  ]);
}

interface Loading {
  series: SeriesImages;
  controller: AbortController;
}

class VolumeButton {
  private readonly button = button("MPR", LABEL, () => void this.press());
  readonly root = element("div", { className: "group" }, [this.button]);
  private readonly text = element("span");
  private readonly count = element("span");
  private readonly bar = element("progress", { label: LOADING });
  readonly notice = element("div", { className: "volume-notice", role: "status" }, [this.text, this.count, this.bar]);
  private loading: Loading | null = null;
  private hiding = 0;

  constructor(private readonly viewer: Viewer) {
    this.count.setAttribute("aria-live", "off"); // else every image would be read out
    this.say("");
    this.update();
  }

  /** It can be reached and read even where it does nothing. */
  update(): void {
    if (this.loading && this.loading.series !== this.viewer.active?.series) this.cancel();
    const reason = this.reason;
    this.button.setAttribute("aria-disabled", String(reason !== ""));
    this.button.setAttribute("aria-pressed", String(this.viewer.volume !== null));
    this.button.title = reason || LABEL;
    this.button.setAttribute("aria-label", reason ? `${LABEL}: ${reason}` : LABEL);
  }

  private get reason(): string {
    const cell = this.viewer.active as Cell | undefined;
    if (!cell?.series) return "Open a series first.";
    if (getShouldUseCPURendering()) return "This browser cannot draw planes: it has no WebGL.";
    return cell.series.volume.possible ? "" : cell.series.volume.reason || "This series is no volume.";
  }

  async press(): Promise<void> {
    if (this.loading) return this.cancel();
    if (this.viewer.volume) return this.viewer.leaveVolume();
    if (this.reason) return this.say(this.reason);
    const cell = this.viewer.active;
    const series = cell.series!;
    const loading: Loading = (this.loading = { series, controller: new AbortController() });
    try {
      const { signal } = loading.controller;
      await loadImages(cell.stack, cell.place, signal, (done) => this.report(loading, done, cell.length));
      if (signal.aborted || cell !== this.viewer.active || cell.series !== series) return;
      this.say("");
      await this.viewer.enterVolume(new Mpr(this.viewer, cell));
    } catch (error) {
      this.viewer.leaveVolume();
      this.say(error instanceof Error ? error.message : String(error));
    } finally {
      if (this.loading === loading) this.loading = null;
    }
  }

  private cancel(): void {
    this.loading?.controller.abort();
    this.loading = null;
    this.say("");
  }

  private report(loading: Loading, done: number, all: number): void {
    if (this.loading !== loading) return;
    if (this.bar.hidden) this.say(LOADING);
    window.clearTimeout(this.hiding);
    this.count.textContent = `${done} of ${all}`;
    Object.assign(this.bar, { max: all, value: done });
    this.bar.hidden = this.count.hidden = false;
  }

  private say(text: string): void {
    window.clearTimeout(this.hiding);
    this.text.textContent = text;
    this.bar.hidden = this.count.hidden = true;
    this.notice.hidden = text === "";
    if (text) this.hiding = window.setTimeout(() => this.say(""), SHOWN_MS);
  }
}

export const VOLUME_BUTTON_STYLE = `
button[aria-disabled="true"] { color: #7d878b; cursor: not-allowed; }
.volume-notice { position: absolute; z-index: 3; inset: 8px auto auto 50%; transform: translateX(-50%); max-width: 80%; display: flex; gap: 8px; align-items: center;
  padding: 6px 12px; background: #15191bf0; border: 1px solid #2a3033; border-radius: 4px; pointer-events: none; }
.volume-notice[hidden], .volume-notice [hidden] { display: none; }
.volume-notice progress { width: 120px; accent-color: #23869b; }
`;
