/** Loads images a few at a time: first what is looked at, then what lies ahead; each of them once. */

/** Says to the caller that the reader went on before the image came. */
export class Superseded extends Error {}

interface Wish {
  imageId: string;
  resolve: () => void;
  reject: (reason: Error) => void;
}

/** What brings an image, and what stops it from coming. */
export interface Source {
  load(imageId: string): Promise<unknown>;
  isLoaded(imageId: string): boolean;
  cancel(imageId: string): void;
}

export class Loads {
  private readonly running = new Map<string, { promise: Promise<unknown>; owner: object }>();
  private readonly wishes = new Map<object, Wish>(); // that wait for a free place, one an owner
  private readonly ahead = new Map<object, string[]>(); // the next one first
  private readonly failed = new Set<string>();

  /** At most `most` at once, of which `mostAhead` may be such that nobody looks at yet. */
  constructor(
    private readonly source: Source,
    private readonly most: number,
    private readonly mostAhead: number,
  ) {}

  /** Load what an owner looks at. Rejects as `Superseded` where the owner looks at something else before it began. */
  now(owner: object, imageId: string): Promise<void> {
    this.wishes.get(owner)?.reject(new Superseded());
    this.wishes.delete(owner);
    if (this.source.isLoaded(imageId)) return Promise.resolve();
    const running = this.running.get(imageId);
    if (running) {
      running.owner = owner;
      return running.promise.then(() => undefined);
    }
    return new Promise((resolve, reject) => {
      this.wishes.set(owner, { imageId, resolve, reject });
      this.fill();
    });
  }

  /** Load these in this order while nothing else is to be done; in place of what this owner listed before. */
  next(owner: object, imageIds: string[]): void {
    this.ahead.set(owner, imageIds);
    this.fill();
  }

  /** Forget what an owner wanted and stop what is on its way for it. */
  drop(owner: object): void {
    this.wishes.get(owner)?.reject(new Superseded());
    this.wishes.delete(owner);
    this.ahead.delete(owner);
    for (const [imageId, load] of this.running) {
      if (load.owner === owner) this.source.cancel(imageId);
    }
  }

  private fill(): void {
    for (const [owner, { imageId, resolve, reject }] of this.wishes) {
      if (this.running.size >= this.most) return;
      this.wishes.delete(owner);
      this.start(owner, imageId).then(() => resolve(), reject);
    }
    while (this.running.size < this.mostAhead) {
      const [owner, imageId] = this.takeNext();
      if (!owner) return;
      this.start(owner, imageId).catch(() => undefined); // it is said where the image is looked at
    }
  }

  /** The owners take turns. */
  private takeNext(): [object, string] | [null, ""] {
    for (const [owner, imageIds] of this.ahead) {
      this.ahead.delete(owner);
      while (imageIds.length > 0) {
        const imageId = imageIds.shift()!;
        if (this.running.has(imageId) || this.failed.has(imageId) || this.source.isLoaded(imageId)) continue;
        this.ahead.set(owner, imageIds);
        return [owner, imageId];
      }
    }
    return [null, ""];
  }

  private start(owner: object, imageId: string): Promise<unknown> {
    const running = this.running.get(imageId);
    if (running) return running.promise;
    const promise = this.source.load(imageId);
    this.running.set(imageId, { promise, owner });
    const end = (hasFailed: boolean) => {
      this.running.delete(imageId);
      if (hasFailed) this.failed.add(imageId);
      this.fill();
    };
    promise.then(() => end(false), () => end(true));
    return promise;
  }
}
