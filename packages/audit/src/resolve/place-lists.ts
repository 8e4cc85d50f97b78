/**
 * Lists of places of files in a program, each with a value, as they lie in memory: where each list begins, one more for the end of the
 * last; then all places, and all values.
 */
export interface PlaceLists {
  readonly starts: Int32Array<ArrayBuffer>;
  readonly places: Int32Array<ArrayBuffer>;
  readonly values: Int32Array<ArrayBuffer>;
}
