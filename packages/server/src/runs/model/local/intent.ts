import type { JsonValue } from "@throughline/protocol";

/** What the local assistant takes a piece of a message to ask for. */
export type Intent =
  | {
      readonly kind: "call";
      readonly tool: string;
      readonly input: Readonly<Record<string, JsonValue>>;
      /** What the call is about, for the visible thought: "the time in Tokyo". */
      readonly subject: string;
      /** Named by the person: called whether or not it is offered, so that the refusal is the dispatcher's and is seen. */
      readonly byHand: boolean;
    }
  /** Something that it answers by itself. */
  | { readonly kind: "speech"; readonly topic: "greeting" | "thanks" | "farewell" | "identity" | "help" | "tools" }
  /** A long text, said at a tenth of the pace when `slowly`. */
  | { readonly kind: "recital"; readonly text: string; readonly subject: string; readonly slowly: boolean }
  /** A command that is not well formed; `problem` is shown. */
  | { readonly kind: "trouble"; readonly problem: string };

/** Returns undefined when the text asks for nothing that this reader knows. Texts come trimmed, without politeness. */
export type IntentReader = (text: string) => Intent | undefined;

export function callIntent(tool: string, input: Readonly<Record<string, JsonValue>>, subject: string): Intent {
  return { kind: "call", tool, input, subject, byHand: false };
}
