/** Turns offsets of a text (UTF-16, as JavaScript counts) into 1-based lines. */
export class LineIndex {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    // A lone carriage return ends no line for any editor in use; CRLF is found by its line feed.
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }
}
