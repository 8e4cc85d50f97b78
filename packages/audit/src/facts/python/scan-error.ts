/** Why a file cannot be read; never leaves the scanner, which turns it into `error` of the facts. */
export class ScanError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}
