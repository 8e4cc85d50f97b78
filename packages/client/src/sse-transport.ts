import { type CommandFrame, type ReplyFrame, type ServerFrame, wireError } from "@throughline/protocol";
import type { Http } from "./http.ts";
import { ServerSentEvents } from "./server-sent-events.ts";
import { ThroughlineError } from "./throughline-error.ts";
import type { OpenTransport } from "./transport.ts";

/** Server-sent events for what comes, one request for each command. */
export function sseTransport(http: Http): OpenTransport {
  return (after, events) => {
    const abort = new AbortController();
    const { signal } = abort;
    const end = (error: unknown) => {
      if (signal.aborted) return;
      abort.abort();
      events.onEnd({
        refusal: error instanceof ThroughlineError ? error : ThroughlineError.unreachable("read", error),
      });
    };
    /** Settles when the commands before have been answered: two requests at once could overtake each other. */
    let answered: Promise<void> = Promise.resolve();
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
      .catch(end);
    const post = async ({ id, type, data }: CommandFrame): Promise<ReplyFrame> => {
      const body = JSON.stringify({ id, type, data });
      const headers = { "content-type": "application/json" };
      try {
        return await http.json("send a command", "/v1/commands", { method: "POST", headers, body, signal });
      } catch (error) {
        // Whoever has no answer, or is not let in, has lost the connection; the next one sends the command again.
        if (!(error instanceof ThroughlineError) || !error.answered || error.code === "unauthenticated") throw error;
        const { code, message, retryAfterMs, details } = error;
        const extra = { ...(retryAfterMs && { retryAfterMs }), ...(details && { details }) };
        return { kind: "reply", id, ok: false, error: wireError(code, message, extra) };
      }
    };
    return {
      send(command) {
        answered = answered
          .then(() => (signal.aborted ? undefined : post(command)))
          .then((reply) => reply && events.onFrame(reply))
          .catch(end);
      },
      // The server's heartbeats are comments of the stream; there is nothing to send.
      ping: () => undefined,
      close: () => abort.abort(),
    };
  };
}
