/**
 * Keeps the measurements of the studies that are open, and sees to it that each change reaches the server: the latest
 * version of each, one at a time, again after a failure, and none without the name of whoever made it.
 */

import type { Measurement } from "./measurement";

export type SavingState = "saved" | "waiting" | "sending" | "failed"; // waiting for the reader's name

export interface Entry {
  readonly study: number;
  readonly measurement: Measurement;
  readonly state: SavingState;
  readonly problem: string; // why it could not be saved; "" where nothing went wrong
  readonly isLoaded: boolean; // it came from the server
}

export type Post = (study: number, measurement: Measurement) => Promise<Measurement>;

const PAUSE_MS = 500; // of the hand, before a change is sent
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 30_000;

interface Draft {
  study: number;
  measurement: Measurement;
  version: number; // grows with each change
  saved: number; // the version that the server has; 0 where it has none
  isSending: boolean;
  isLoaded: boolean;
  problem: string;
  attempts: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class MeasurementStore {
  private readonly drafts = new Map<string, Draft>();
  private readonly listeners = new Set<() => void>();
  private reader = "";

  constructor(private readonly post: Post) {}

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The measurements of some studies, the oldest first. */
  of(studies: readonly number[]): Entry[] {
    return [...this.drafts.values()]
      .filter((draft) => studies.includes(draft.study) && !draft.measurement.removed)
      .map((draft) => this.entry(draft));
  }

  find(uid: string): Entry | null {
    const draft = this.drafts.get(uid);
    return draft && !draft.measurement.removed ? this.entry(draft) : null;
  }

  /** What the server does not have yet, removals included. */
  get unsent(): Entry[] {
    return [...this.drafts.values()].filter(isUnsent).map((draft) => this.entry(draft));
  }

  /** Take over what the server has of a study; changes that it does not have yet stand. */
  load(study: number, measurements: readonly Measurement[]): void {
    const known = new Set(measurements.map((measurement) => measurement.uid));
    for (const [uid, draft] of this.drafts) {
      if (draft.study === study && !isUnsent(draft) && !known.has(uid)) this.drafts.delete(uid);
    }
    for (const measurement of measurements) {
      const draft = this.drafts.get(measurement.uid);
      if (draft && isUnsent(draft)) continue;
      this.drafts.set(measurement.uid, { ...newDraft(study, measurement), version: 1, saved: 1, isLoaded: true });
    }
    this.tell();
  }

  /** Keep a new measurement, or a new version of one; `now` spares it the pause for more changes. */
  change(study: number, measurement: Measurement, now = false): void {
    const draft = this.drafts.get(measurement.uid) ?? newDraft(study, measurement);
    const { created_at, reading } = draft.measurement;
    draft.measurement = { ...measurement, reader: this.reader, created_at, reading };
    this.drafts.set(measurement.uid, draft);
    this.touch(draft, now ? 0 : PAUSE_MS);
  }

  /** Remove a measurement, here at once and on the server as soon as it can be told. */
  remove(uid: string): void {
    const draft = this.drafts.get(uid);
    if (!draft) return;
    draft.measurement = { ...draft.measurement, removed: true };
    if (draft.saved === 0 && !draft.isSending) {
      clearTimeout(draft.timer);
      this.drafts.delete(uid);
      return this.tell();
    }
    this.touch(draft, 0);
  }

  /** Take note of who is reading; what waited for a name goes out under this one. */
  setReader(name: string): void {
    const reader = tidy(name);
    if (reader === this.reader) return;
    this.reader = reader;
    for (const draft of this.drafts.values()) {
      if (reader && draft.measurement.reader === "" && isUnsent(draft)) {
        draft.measurement = { ...draft.measurement, reader };
        this.touch(draft, 0);
      }
    }
    this.tell();
  }

  get hasReader(): boolean {
    return this.reader !== "";
  }

  /** Whether the reader may change it: own ones, and those that wait for a name. */
  isOwn({ measurement }: Pick<Entry, "measurement">): boolean {
    return measurement.reader === "" || (this.reader !== "" && tidy(measurement.reader) === this.reader);
  }

  /** Send at once all that waits, what failed before included. */
  sendNow(): void {
    for (const draft of this.drafts.values()) {
      if (isUnsent(draft)) this.schedule(draft, 0);
    }
  }

  private touch(draft: Draft, pauseMs: number): void {
    draft.version++;
    draft.attempts = 0;
    draft.problem = "";
    this.schedule(draft, pauseMs);
    this.tell();
  }

  private schedule(draft: Draft, pauseMs: number): void {
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => void this.send(draft), pauseMs);
  }

  private async send(draft: Draft): Promise<void> {
    if (draft.isSending || !isUnsent(draft) || draft.measurement.reader === "") return;
    const { version } = draft;
    draft.isSending = true;
    try {
      const kept = await this.post(draft.study, draft.measurement);
      draft.saved = version;
      draft.attempts = 0;
      draft.problem = "";
      this.onSaved(draft, kept);
    } catch (error) {
      this.onFailed(draft, error, version);
    } finally {
      draft.isSending = false;
    }
    if (isUnsent(draft) && !draft.problem) this.schedule(draft, 0);
    this.tell();
  }

  private onSaved(draft: Draft, kept: Measurement): void {
    const { uid } = draft.measurement;
    if (draft.measurement.removed && !isUnsent(draft)) this.drafts.delete(uid);
    else draft.measurement = { ...draft.measurement, created_at: kept.created_at, reading: kept.reading };
  }

  private onFailed(draft: Draft, error: unknown, version: number): void {
    if (draft.version !== version) return; // another version is on its way
    draft.problem = error instanceof Error ? error.message : String(error);
    const delay = Math.min(FIRST_RETRY_MS * 2 ** draft.attempts++, LAST_RETRY_MS);
    if (!isFinal(error)) this.schedule(draft, delay);
    else if (draft.measurement.removed) this.drafts.delete(draft.measurement.uid); // it is gone there too
  }

  private entry(draft: Draft): Entry {
    const { study, measurement, problem, isLoaded } = draft;
    return { study, measurement, problem, isLoaded, state: stateOf(draft) };
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function newDraft(study: number, measurement: Measurement): Draft {
  return {
    study, measurement, version: 0, saved: 0, isSending: false, isLoaded: false, problem: "",
    attempts: 0, timer: undefined,
  };
}

function isUnsent(draft: Draft): boolean {
  return draft.version > draft.saved;
}

function stateOf(draft: Draft): SavingState {
  if (!isUnsent(draft)) return "saved";
  if (draft.measurement.reader === "") return "waiting";
  return draft.problem ? "failed" : "sending";
}

function isFinal(error: unknown): boolean {
  return typeof error === "object" && error !== null && "isFinal" in error && error.isFinal === true;
}

/** A name as the server keeps it: single spaces, none at the ends. */
function tidy(name: string): string {
  return name.trim().split(/\s+/).join(" ");
}
