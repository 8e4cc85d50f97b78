/** Asks a server that speaks the OpenAI protocol which models it has. Used once, at start-up, when none is named. */
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { ModelConfigError } from "./model-config-error.ts";

const answerTimeoutMs = 3_000;
const listSchema = z.object({ data: z.array(z.object({ id: z.string().min(1) })) });
/** Servers list models for other purposes beside those that chat. */
const otherPurposes = /embed|rerank|whisper|tts|moderation|clip/i;

export interface ListedModels {
  readonly first: string;
  readonly count: number;
}

/** The models that may chat, in the server's order. Throws `ModelConfigError` when there is no usable answer. */
export async function listModels(baseUrl: string, apiKey: string | undefined, clock: Clock): Promise<ListedModels> {
  const address = `${baseUrl}/models`;
  const abort = new AbortController();
  const timer = clock.schedule(answerTimeoutMs, () => abort.abort());
  try {
    const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const response = await fetch(address, { headers, signal: abort.signal });
    if (!response.ok) throw new ModelConfigError(statusProblem(address, response.status));
    const listed = listSchema.safeParse(await response.json().catch(() => undefined));
    if (!listed.success) throw new ModelConfigError(`${address} does not list models; ${nameOne}`);
    const ids = listed.data.data.map((model) => model.id).filter((id) => !otherPurposes.test(id));
    const [first] = ids;
    if (first === undefined)
      throw new ModelConfigError(`${address} lists no model that chats; load one, or ${nameOne}`);
    return { first, count: ids.length };
  } catch (error) {
    if (error instanceof ModelConfigError) throw error;
    const problem = abort.signal.aborted ? `did not answer within ${answerTimeoutMs} ms` : "is not reachable";
    throw new ModelConfigError(`${address} ${problem}; start that server, or ${nameOne}`, { cause: error });
  } finally {
    timer.cancel();
  }
}

const nameOne = "name a model with THROUGHLINE_MODEL or OPENAI_MODEL";

function statusProblem(address: string, status: number): string {
  if (status === 401 || status === 403) return `${address} refused the key (status ${status}); check OPENAI_API_KEY`;
  if (status === 404) return `${address} does not exist; the base URL usually ends in /v1, otherwise ${nameOne}`;
  return `${address} answered with status ${status}; ${nameOne}`;
}
