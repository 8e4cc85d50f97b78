/**
 * What one model call produced, in the form in which it goes back to the same provider: the order of its parts, the
 * provider's own call ids and the metadata it signs its reasoning with. JSON, because it is stored with the step. Knows
 * nothing of our events and ids; `model-prompt.ts` matches it with them.
 */
import type { JsonValue } from "@throughline/protocol";
import { z } from "zod";

const metadata = z.record(z.string(), z.record(z.string(), z.json())).optional();
const part = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string(), metadata }),
  z.object({ type: z.literal("reasoning"), text: z.string(), metadata }),
  z.object({ type: z.literal("call"), modelCallId: z.string(), tool: z.string(), input: z.json(), metadata }),
]);
const record = z.object({
  /** Metadata means something to the provider that wrote it and to no other. */
  provider: z.string(),
  parts: z.array(part),
});

export type ModelRecordPart = z.infer<typeof part>;
export type ModelRecord = z.infer<typeof record>;

/** The stored form; null when text and nothing else was said, because the message itself then says everything. */
export function writeModelRecord(value: ModelRecord): JsonValue {
  if (value.parts.every(({ type, metadata }) => type === "text" && metadata === undefined)) return null;
  // Providers leave undefined members in their metadata; what is stored must read back as the same value.
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

/** Undefined when there is none, when it has another form, or when another provider wrote it. */
export function readModelRecord(stored: JsonValue | undefined, provider: string): ModelRecord | undefined {
  if (stored === undefined || stored === null) return undefined;
  const parsed = record.safeParse(stored);
  return parsed.success && parsed.data.provider === provider ? parsed.data : undefined;
}
