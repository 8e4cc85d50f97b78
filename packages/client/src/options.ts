import type { OutboxStorage } from "./outbox.ts";

/** What proves who the client speaks for. `ticket`: from `POST /v1/ticket`, works once. */
export type Credential = { readonly bearer: string } | { readonly ticket: string };

export interface ClientOptions {
  /** Origin of the server, such as `location.origin`. */
  readonly url: string | URL;
  /** Asked before every connection and request. Left out, or undefined = the browser's session cookie. */
  readonly credential?: () => Credential | undefined | Promise<Credential | undefined>;
  /** `sse` for networks that let no WebSocket through. Default `websocket`. */
  readonly transport?: "websocket" | "sse";
  /** Where commands wait until they are answered. Default: in memory; `browserOutbox` outlives the page. */
  readonly outbox?: OutboxStorage;
  readonly fetch?: typeof fetch;
  readonly WebSocket?: typeof WebSocket;
  /** From 0 to below 1, for the jitter of reconnects. Default `Math.random`. */
  readonly random?: () => number;
}
