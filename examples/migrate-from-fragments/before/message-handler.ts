import type { Message } from "./message.ts";

/** What the handler router asks, in the order of priority. */
export interface MessageHandler {
  readonly priority: number;
  canHandle(type: string): boolean;
  handleMessage(userId: string, message: Message): Promise<void>;
}
