export type ConnectionStatus =
  /** `connect` was not called. */
  | { readonly state: "idle" }
  | { readonly state: "connecting"; readonly attempt: number }
  /** Stored events are coming; `remaining` of them until the head that the server named. */
  | { readonly state: "catching-up"; readonly remaining: number }
  | { readonly state: "live" }
  /** `retryAt`: milliseconds since the Unix epoch. */
  | { readonly state: "offline"; readonly attempt: number; readonly retryAt: number }
  /** For good, until `connect` is called again. */
  | {
      readonly state: "closed";
      readonly reason: "closed" | "unauthenticated" | "forbidden" | "protocol";
      readonly message?: string;
    };

type State = ConnectionStatus["state"];

/** Which state may follow which; a pair that is forgotten does not compile. */
export const statusTable: Readonly<Record<State, Readonly<Record<State, boolean>>>> = {
  idle: { idle: false, connecting: true, "catching-up": false, live: false, offline: false, closed: true },
  connecting: { idle: false, connecting: true, "catching-up": true, live: true, offline: true, closed: true },
  "catching-up": { idle: false, connecting: true, "catching-up": true, live: true, offline: true, closed: true },
  live: { idle: false, connecting: true, "catching-up": true, live: false, offline: true, closed: true },
  offline: { idle: false, connecting: true, "catching-up": false, live: false, offline: false, closed: true },
  closed: { idle: false, connecting: true, "catching-up": false, live: false, offline: false, closed: false },
};
