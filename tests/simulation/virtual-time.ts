/** The one source of time of a world: what happens is a queue of callbacks, and time is that of the next one. */

export interface Scheduled {
  /** Harmless when it has happened or was cancelled before. */
  cancel(): void;
}

interface Item extends Scheduled {
  readonly dueAt: number;
  readonly order: number;
  work: (() => void) | undefined;
}

/** Turns of the event loop are dear; each takes this many callbacks, with everything they wake in between. */
const callbacksPerTurn = 64;

export class VirtualTime {
  /** Milliseconds since the Unix epoch, with fractions. */
  now: number;
  readonly #onThrow: (error: unknown) => void;
  /** A binary heap, earliest first. */
  readonly #heap: Item[] = [];
  #order = 0;

  /** `onThrow` is told what a callback throws; time goes on. */
  constructor(options: { readonly start: number; onThrow(error: unknown): void }) {
    this.now = options.start;
    this.#onThrow = options.onThrow;
  }

  schedule(delayMs: number, work: () => void): Scheduled {
    return this.scheduleAt(this.now + delayMs, work);
  }

  /** What is due at the same time happens in the order of the calls. */
  scheduleAt(dueAt: number, work: () => void): Scheduled {
    this.#order += 1;
    const item: Item = {
      dueAt: Math.max(this.now, dueAt),
      order: this.#order,
      work,
      cancel() {
        item.work = undefined;
      },
    };
    this.#push(item);
    return item;
  }

  /** Lets everything happen that is due until then; resolves once it has, and all that it has woken. */
  run(until: number): Promise<void> {
    return new Promise((resolve) => {
      let turns = 0;
      const turn = () => {
        turns -= 1;
        // Node lets every promise go on between two immediates of the same turn of its event loop.
        const more = this.#callNext(until);
        if (turns > 0) return;
        if (more) begin();
        else {
          this.now = Math.max(this.now, until);
          resolve();
        }
      };
      const begin = () => {
        turns = callbacksPerTurn;
        for (let index = 0; index < callbacksPerTurn; index += 1) setImmediate(turn);
      };
      begin();
    });
  }

  /** False when nothing is due until then. */
  #callNext(until: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.dueAt > until) return false;
      this.#pop();
      const { work } = next;
      if (work === undefined) continue;
      next.work = undefined;
      this.now = Math.max(this.now, next.dueAt);
      try {
        work();
      } catch (error) {
        this.#onThrow(error);
      }
      return true;
    }
  }

  #push(item: Item): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (isBefore(heap[parent] as Item, item)) break;
      heap[index] = heap[parent] as Item;
      index = parent;
    }
    heap[index] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Item;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Item, heap[child] as Item)) child += 1;
      if (isBefore(last, heap[child] as Item)) break;
      heap[index] = heap[child] as Item;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(left: Item, right: Item): boolean {
  return left.dueAt < right.dueAt || (left.dueAt === right.dueAt && left.order < right.order);
}
