import { type ClientFrame, protocolVersion, type ServerFrame, subprotocol } from "@throughline/protocol";
import type { Http } from "./http.ts";
import { ThroughlineError } from "./throughline-error.ts";
import type { OpenTransport, TransportEvents } from "./transport.ts";

/** WebSocket: both directions on one connection. */
export function webSocketTransport(http: Http, WebSocketClass: typeof WebSocket): OpenTransport {
  return (after, events) => {
    let socket: WebSocket | undefined;
    let closed = false;
    const send = (frame: ClientFrame) => {
      if (socket?.readyState === WebSocketClass.OPEN) socket.send(JSON.stringify(frame));
    };
    const fail = (error: unknown) => {
      if (!closed) events.onEnd({ refusal: asRefusal(error) });
      closed = true;
    };
    target(http)
      .then((url) => {
        if (closed) return;
        socket = new WebSocketClass(url, subprotocol);
        attach(
          socket,
          http,
          events,
          () => send({ kind: "hello", protocol: protocolVersion, after }),
          () => closed,
        );
      })
      .catch(fail);
    return {
      send,
      ping: () => send({ kind: "ping" }),
      close() {
        closed = true;
        socket?.close(1000);
      },
    };
  };
}

function attach(
  socket: WebSocket,
  http: Http,
  events: TransportEvents,
  onOpen: () => void,
  isClosed: () => boolean,
): void {
  let opened = false;
  socket.onopen = () => {
    opened = true;
    onOpen();
  };
  socket.onmessage = ({ data }) => {
    if (!isClosed()) events.onFrame(JSON.parse(String(data)) as ServerFrame);
  };
  socket.onclose = async ({ code, reason }) => {
    if (isClosed()) return;
    // A browser does not say why an upgrade was refused; a plain request does.
    const refusal = opened ? undefined : await refusalOf(http);
    if (isClosed()) return;
    events.onEnd({ code, reason, ...(refusal === undefined ? {} : { refusal }) });
  };
}

async function target(http: Http): Promise<URL> {
  const url = new URL("/v1/connect", http.url);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const credential = await http.credential();
  if (credential !== undefined) {
    // No header can be set on a browser's WebSocket, so a bearer token is exchanged for a ticket first.
    url.searchParams.set("ticket", "ticket" in credential ? credential.ticket : await http.ticket());
  }
  return url;
}

async function refusalOf(http: Http): Promise<ThroughlineError> {
  try {
    await http.request("connect", "/v1/model");
    return ThroughlineError.unreachable("connect");
  } catch (error) {
    return asRefusal(error);
  }
}

function asRefusal(error: unknown): ThroughlineError {
  return error instanceof ThroughlineError ? error : ThroughlineError.unreachable("connect", error);
}
