/** An open tab. In production a web socket, here anything that takes text. */
export interface Connection {
  readonly connectionId: string;
  readonly userId: string;
  send(text: string): Promise<void>;
}
