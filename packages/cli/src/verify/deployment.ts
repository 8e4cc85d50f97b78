/** Requests to the deployment: repeated while it cannot answer, held back for as long as it asks, every body looked at. */
import { MeasureError } from "./measure-error.ts";
import type { Observer } from "./observer.ts";
import { pause } from "./pause.ts";
import { isObject, parseJson } from "./wire.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body; an empty object when it is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Question {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Label of the user who asks; undefined while there is none. */
  readonly user?: string;
}

export interface DeploymentOptions {
  /** Origin of the deployment. */
  readonly url: string;
  readonly observer: Observer;
  /** How long anything may take before it counts as not coming. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const retryIntervalMs = 250;
/** One refusal may ask for a longer wait than anybody would sit through. */
const holdMsMax = 10 * 60_000;

export class Deployment {
  readonly url: string;
  readonly observer: Observer;
  readonly timeoutMs: number;
  /** Aborts when the measurement is broken off. */
  readonly signal: AbortSignal;
  /** Sum of what rate limits made us wait, in milliseconds. */
  heldBackMs = 0;

  constructor({ url, observer, timeoutMs, signal }: DeploymentOptions) {
    this.url = url;
    this.observer = observer;
    this.timeoutMs = timeoutMs;
    this.signal = signal;
  }

  /** Waits as a rate limit asks. */
  async holdBack(ms: number): Promise<void> {
    if (ms > holdMsMax)
      throw new MeasureError(`unable to go on; the deployment asks to wait ${Math.ceil(ms / 1_000)} s`);
    this.heldBackMs += ms;
    await pause(ms, this.signal);
  }

  /** Tells when something that begins now has taken too long. What rate limits take does not count. */
  patience(): () => boolean {
    const [began, held] = [performance.now(), this.heldBackMs];
    return () => performance.now() - began - (this.heldBackMs - held) > this.timeoutMs;
  }

  /** Any answer but 429 and 5xx, which are waited for. Rejects with a `MeasureError` when none comes in time. */
  async ask(path: string, question: Question = {}): Promise<Answer> {
    const isOver = this.patience();
    for (;;) {
      const answer = await this.#try(path, question);
      if (typeof answer !== "string" && answer.status < 500 && answer.status !== 429) return answer;
      if (typeof answer !== "string" && answer.status === 429) {
        await this.holdBack(retryAfterMs(answer));
        continue;
      }
      if (isOver()) {
        const reason = typeof answer === "string" ? answer : `it answers ${answer.status} ${answer.text.slice(0, 200)}`;
        throw new MeasureError(`unable to reach ${this.url}${path}; ${reason}`);
      }
      await pause(retryIntervalMs, this.signal);
    }
  }

  /** The answer, or why there is none. */
  async #try(path: string, { method = "GET", headers = {}, body, user }: Question): Promise<Answer | string> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(this.timeoutMs)]);
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    try {
      const response = await fetch(`${this.url}${path}`, { method, headers: { ...headers, ...type }, ...json, signal });
      const text = await response.text();
      if (user !== undefined) this.observer.readBody(user, text, `${method} ${path}`);
      const parsed = parseJson(text);
      return { status: response.status, headers: response.headers, text, json: isObject(parsed) ? parsed : {} };
    } catch (error) {
      this.signal.throwIfAborted();
      return reasonOf(error);
    }
  }
}

export function retryAfterMs({ headers, json }: Pick<Answer, "headers" | "json">): number {
  if (typeof json.retryAfterMs === "number") return json.retryAfterMs;
  const seconds = Number(headers.get("retry-after"));
  return seconds > 0 ? seconds * 1_000 : 1_000;
}

/** fetch says only that it failed; the cause says why. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as {
    readonly cause?: { readonly message?: string; readonly code?: string };
    message: string;
  };
  return cause?.message || cause?.code || message;
}
