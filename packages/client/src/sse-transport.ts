import type { ReplyFrame, ServerFrame } from "@throughline/protocol";
import type { Http } from "./http.ts";
import { ServerSentEvents } from "./server-sent-events.ts";
import { ThroughlineError } from "./throughline-error.ts";
import type { OpenTransport } from "./transport.ts";

/** Server-sent events for what comes, one request for each command. */
export function sseTransport(http: Http): OpenTransport {
  return (after, events) => {
    const abort = new AbortController();
    const { signal } = abort;
    const read = async () => {
      const query = after === null ? "" : `?after=${encodeURIComponent(after)}`;
      const response = await http.request("connect", `/v1/events${query}`, { signal });
      const parser = new ServerSentEvents((data) => events.onFrame(JSON.parse(data) as ServerFrame), events.onAlive);
      const text = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const piece = await text?.read();
        if (piece === undefined || piece.done) return;
        parser.push(piece.value);
      }
    };
    read()
      .then(() => signal.aborted || events.onEnd({}))
      .catch((error: unknown) => {
        if (signal.aborted) return;
        events.onEnd({
          refusal: error instanceof ThroughlineError ? error : ThroughlineError.unreachable("read", error),
        });
      });
    return {
      send({ id, type, data }) {
        const body = JSON.stringify({ id, type, data });
        const headers = { "content-type": "application/json" };
        http
          .json<ReplyFrame>("send a command", "/v1/commands", { method: "POST", headers, body, signal })
          .then(events.onFrame)
          .catch((error: unknown) => {
            if (signal.aborted || !(error instanceof ThroughlineError)) return;
            const { code, message, retryable, retryAfterMs, details } = error;
            const refusal = {
              code,
              message,
              retryable,
              ...(retryAfterMs && { retryAfterMs }),
              ...(details && { details }),
            };
            events.onFrame({ kind: "reply", id, ok: false, error: refusal });
          });
      },
      // The server's heartbeats are comments of the stream; there is nothing to send.
      ping: () => undefined,
      close: () => abort.abort(),
    };
  };
}
