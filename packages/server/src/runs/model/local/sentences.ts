/** Results of the built-in tools as sentences. A result of another form gets none, and is shown as it is. */
import type { JsonValue } from "@throughline/protocol";

type Fields = Readonly<Record<string, JsonValue>>;
type Sentence = (output: Fields, input: Fields) => string | undefined;

export const sentences: Readonly<Record<string, Sentence | undefined>> = {};
