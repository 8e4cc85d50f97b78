import { wireError } from "@throughline/protocol";
import type { ClientOptions, Credential } from "./options.ts";
import { isProblem, ThroughlineError } from "./throughline-error.ts";

/** How long a request may take from its beginning to the end of its answer; streams of events have no end. */
const requestTimeoutMs = 30_000;

/** Requests to the server, with the client's credential; refusals become `ThroughlineError`s. */
export class Http {
  readonly url: URL;
  readonly #options: ClientOptions;
  readonly #fetch: typeof fetch;

  constructor(options: ClientOptions) {
    this.url = new URL(options.url);
    this.#options = options;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  async credential(): Promise<Credential | undefined> {
    return this.#options.credential?.();
  }

  /** The JSON body of a successful answer. */
  async json<Body>(operation: string, path: string, init: RequestInit = {}): Promise<Body> {
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const response = await this.request(operation, path, { ...init, signal });
    try {
      return (await response.json()) as Body;
    } catch (error) {
      // Cut off in the middle.
      throw ThroughlineError.unreachable(operation, error);
    }
  }

  /** Resolves with a successful answer; rejects with a `ThroughlineError` for anything else. */
  async request(operation: string, path: string, init: RequestInit = {}): Promise<Response> {
    const credential = await this.credential().catch((error: unknown) => {
      throw ThroughlineError.unreachable(operation, error);
    });
    const target = new URL(path, this.url);
    const headers = new Headers(init.headers);
    if (credential !== undefined && "ticket" in credential) target.searchParams.set("ticket", credential.ticket);
    else if (credential !== undefined) headers.set("authorization", `Bearer ${credential.bearer}`);
    let response: Response;
    try {
      response = await this.#fetch(target, {
        ...init,
        headers,
        credentials: credential === undefined ? "same-origin" : "omit",
      });
    } catch (error) {
      throw ThroughlineError.unreachable(operation, error);
    }
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => undefined);
    if (isProblem(body)) throw ThroughlineError.fromProblem(body);
    // Not from the server: something in between has answered.
    throw new ThroughlineError(
      wireError("not_ready", `unable to ${operation}; the answer has status ${response.status}`),
    );
  }

  /** A ticket for places where no header can be sent. */
  async ticket(): Promise<string> {
    const { ticket } = await this.json<{ ticket: string }>("get a ticket", "/v1/ticket", { method: "POST" });
    return ticket;
  }
}
