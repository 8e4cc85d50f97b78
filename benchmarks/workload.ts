/** What a client asks of either server. */
export type Ask =
  /** `count` events of about 200 bytes each. */
  | { readonly work: "events"; readonly count: number; readonly text: string }
  /** One golden path: five lifecycle events and some deltas. */
  | { readonly work: "golden"; readonly deltas: number };

export interface Load {
  readonly kind: "throughline" | "raw";
  readonly port: number;
  readonly users: number;
  readonly devices: number;
  readonly ask: Ask;
  /** Each user asks again as soon as it has its answer, this often. */
  readonly rounds: number;
  /** Tokens of the users, for a server that wants to know who they are. */
  readonly tokens: readonly string[];
}

export interface LoadResult {
  readonly milliseconds: number;
  /** Events that arrived at all devices. */
  readonly deliveries: number;
  readonly frames: number;
  /** Answers that ended. */
  readonly runs: number;
  /** From asking to the answer's end, at the device that asked; milliseconds. */
  readonly p50: number;
  readonly p99: number;
}
