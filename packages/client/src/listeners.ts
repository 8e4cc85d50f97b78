/** Who wants to be told. A listener that throws does not keep the others from being told. */
export class Listeners<Arguments extends readonly unknown[]> {
  readonly #listeners = new Set<(...values: Arguments) => void>();

  add(listener: (...values: Arguments) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(...values: Arguments): void {
    for (const listener of [...this.#listeners]) tellOne(() => listener(...values));
  }
}

/** Calls a listener. What it throws is reported as any uncaught error of the page or process is, and breaks nothing here. */
export function tellOne(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
