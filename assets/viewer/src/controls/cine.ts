/** Plays a stack as a film: every image in its turn, none left out, at the rate that the file gives. It never starts by itself. */

import type { Cell } from "../cells/cell";
import { addCommands } from "./keyboard";
import { element } from "../dom";
import { onEachCell } from "../cells/each_cell";
import { icon } from "./icons";
import type { Viewer } from "../stage";

export const SLOWEST = 1; // images a second
export const FASTEST = 60;
const USUAL = 10; // where the file gives no rate

/** The rate of a file, in images a second. */
export function rateOf(frameTimeMs: number | null): number {
  if (!frameTimeMs || frameTimeMs <= 0) return USUAL;
  return Math.min(Math.max(Math.round(1000 / frameTimeMs), SLOWEST), FASTEST);
}

/** When the next image is due, in ms: one period after the last one was; of what is late at most one image is caught up. */
export function nextDue(due: number, now: number, rate: number): number {
  const period = 1000 / rate;
  return Math.max(due + period, now - period);
}

class Cine {
  rate = USUAL;
  private run = 0; // grows with every start and stop
  private isRunning = false;
  private onDrawn: () => void = () => undefined;

  constructor(
    private readonly cell: Cell,
    private readonly onChange: () => void,
  ) {
    cell.on("opened", () => this.rewind());
    cell.on("scrolled", () => this.stop());
    cell.on("rendered", () => this.onDrawn());
  }

  get isPlaying(): boolean {
    return this.isRunning;
  }

  toggle(): void {
    if (this.isRunning) this.stop();
    else void this.play();
  }

  stop(): void {
    this.run++;
    this.isRunning = false;
    this.onChange();
  }

  private rewind(): void {
    this.rate = rateOf(this.cell.shown?.image.frame_time_ms ?? null);
    this.stop();
  }

  private async play(): Promise<void> {
    const run = ++this.run;
    this.isRunning = true;
    this.onChange();
    let due = performance.now();
    while (run === this.run) {
      due = nextDue(due, performance.now(), this.rate);
      await sleep(due - performance.now());
      if (run !== this.run) return;
      if (document.hidden || this.cell.frame.hidden || !this.cell.frame.isConnected) return this.stop();
      const drawn = new Promise<void>((resolve) => (this.onDrawn = resolve));
      await this.cell.scrollTo((this.cell.place + 1) % this.cell.length);
      if (!this.cell.failure) await drawn; // a slow machine plays more slowly, but shows every image
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function addCine(viewer: Viewer): void {
  const cines = new Map<Cell, Cine>();
  const play = element("button");
  play.type = "button";
  const rate = element("input", { label: "Images a second", title: "Images a second" });
  Object.assign(rate, { type: "number", min: String(SLOWEST), max: String(FASTEST), step: "1" });
  const root = element("div", { className: "group cine", role: "group", label: "Cine" }, [play, rate]);
  viewer.toolbar.append(root);
  const active = () => cines.get(viewer.active);
  const write = () => {
    const cine = active();
    root.hidden = !cine || viewer.active.length < 2;
    if (!cine) return;
    const label = cine.isPlaying ? "Pause (Space)" : "Play (Space)";
    play.replaceChildren(icon(cine.isPlaying ? "pause" : "play"));
    play.setAttribute("aria-label", label);
    play.title = label;
    rate.value = String(cine.rate);
  };
  const setRate = (value: number) => {
    const cine = active();
    if (cine && Number.isFinite(value)) cine.rate = Math.min(Math.max(Math.round(value), SLOWEST), FASTEST);
    write();
  };
  play.addEventListener("click", () => active()?.toggle());
  rate.addEventListener("change", () => setRate(rate.valueAsNumber));
  onEachCell(viewer, (cell) => cines.set(cell, new Cine(cell, write)));
  viewer.on("active", write);
  const isOffered = () => viewer.active?.length > 1;
  addCommands(viewer, "Cine", [
    { label: "Play or pause", keys: ["Space"], run: () => isOffered() && active()?.toggle(), isOffered },
    { label: "Faster", keys: [">"], run: () => setRate((active()?.rate ?? USUAL) + 1), isOffered },
    { label: "Slower", keys: ["<"], run: () => setRate((active()?.rate ?? USUAL) - 1), isOffered },
  ]);
  write();
}

export const CINE_STYLE = `
.cine { align-items: center; }
.cine input { width: 38px; min-height: 28px; box-sizing: border-box; padding: 2px; font: inherit; text-align: center; color: inherit; background: #101315; border: 1px solid #2a3033; border-radius: 4px; }
`;
