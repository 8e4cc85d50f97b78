/** Splits a stream of server-sent events into their `data`. Ids and names are in the data already. */
export class ServerSentEvents {
  readonly #onData: (data: string) => void;
  readonly #onComment: () => void;
  // Pieces of a line are kept apart and joined once: a long line that comes in many pieces would cost their square.
  #pieces: string[] = [];
  #data: string[] = [];

  constructor(onData: (data: string) => void, onComment: () => void) {
    this.#onData = onData;
    this.#onComment = onComment;
  }

  push(text: string): void {
    const lines = text.split("\n");
    for (let index = 0; index < lines.length - 1; index += 1) {
      this.#pieces.push(lines[index] as string);
      this.#line(this.#pieces.join("").replace(/\r$/, ""));
      this.#pieces = [];
    }
    const rest = lines.at(-1);
    if (rest !== undefined && rest !== "") this.#pieces.push(rest);
  }

  #line(line: string): void {
    if (line === "") {
      const data = this.#data.join("\n");
      this.#data = [];
      if (data !== "") this.#onData(data);
    } else if (line.startsWith(":")) this.#onComment();
    else if (line.startsWith("data:")) this.#data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
  }
}
