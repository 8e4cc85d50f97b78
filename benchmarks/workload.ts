/** What the processes of a benchmark ask of each other. */

/** What a client asks of either server. */
export type Ask =
  /** `count` events of about 200 bytes each, at once. */
  | { readonly work: "events"; readonly count: number; readonly text: string }
  /** `count` such events, one every `everyMs`; each begins with the nanoseconds of its making. */
  | { readonly work: "paced"; readonly count: number; readonly everyMs: number }
  /** One golden path: five lifecycle events and some deltas. */
  | { readonly work: "golden"; readonly deltas: number };

/** Which server, and who its users are. */
export interface Target {
  readonly kind: "throughline" | "raw";
  readonly port: number;
  readonly users: number;
  readonly devices: number;
  /** Tokens of the users, for a server that wants to know who they are. */
  readonly tokens: readonly string[];
}

/** What the client process is to measure. */
export type Measurement = Target &
  (
    | { readonly measure: "throughput"; readonly ask: Ask; readonly rounds: number }
    | { readonly measure: "paced"; readonly ask: Ask }
    | { readonly measure: "resume"; readonly ask: Ask; readonly dropAfterMs: number }
    | { readonly measure: "idle" }
    | { readonly measure: "first-token"; readonly count: number; readonly modelUrl: string }
  );

export interface ThroughputResult {
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

export interface PacedResult {
  readonly deliveries: number;
  /** From the making of an event to its arrival; milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface ResumeResult {
  /** From the drop to the moment when every device is connected and has what was there when it came; milliseconds. */
  readonly recoveredMs: number;
  readonly lost: number;
  readonly repeated: number;
}

export interface FirstTokenResult {
  /** From asking to the first token; milliseconds. */
  readonly direct: { readonly p50: number; readonly p99: number };
  readonly through: { readonly p50: number; readonly p99: number };
}

export interface Memory {
  readonly rss: number;
  readonly heap: number;
}
