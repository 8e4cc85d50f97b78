/** Numbers from 0 on, in an array that grows; kept from file to file. */
export class CellWriter {
  cells = new Int32Array(1 << 14);
  length = 0;
  /** The largest number so far: it decides how wide a cell has to be. */
  largest = 0;

  reset(): void {
    this.length = 0;
    this.largest = 0;
  }

  add(value: number): void {
    if (this.length === this.cells.length) {
      const cells = new Int32Array(this.length * 2);
      cells.set(this.cells);
      this.cells = cells;
    }
    this.cells[this.length++] = value;
    if (value > this.largest) this.largest = value;
  }
}
