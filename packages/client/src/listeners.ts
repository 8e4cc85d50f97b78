/** Who wants to be told. A listener that throws does not keep the others from being told. */
export class Listeners<Arguments extends readonly unknown[]> {
  readonly #listeners = new Set<(...values: Arguments) => void>();

  add(listener: (...values: Arguments) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(...values: Arguments): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(...values);
      } catch (error) {
        // Reported as any uncaught error of the page or process is, without breaking the conversation.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
