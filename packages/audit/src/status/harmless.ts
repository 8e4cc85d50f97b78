import { nameTokens } from "./candidates.ts";
import type { ResolvedUse } from "./uses.ts";

/** Says nothing about anybody: logging is no second way. */
const logging = /(^|[.#])(log(ger|ging)?|console|warnings?|metrics?|tracer?)(\.|$|\(|#)/i;
/** Last names of what tells of a failure, undoes what was begun, answers whoever asked, or makes one value of another. */
const answering = new Set(
  [
    "print debug info warn warning error exception log capture_exception capture_message captureException captureMessage",
    "record_exception recordException set_status setStatus print_exc format_exc print_exception add_note with_traceback",
    "next reject rollback abort cancel exit status json jsonify send_error sendStatus render redirect toast",
    "stringify isinstance type getattr hasattr String Number Boolean Array str int float bool len round repr list dict tuple set",
  ].flatMap((words) => words.split(" ")),
);
const answer = /(Error|Exception|Failure|Response)$/;
const failureWords = new Set(["error", "errors", "exception", "err"]);

/** Neither a second way nor work of its own. */
export function isHarmless({ use, target }: ResolvedUse): boolean {
  const last = use.chain.at(-1) ?? "";
  if (answering.has(last) || answer.test(last) || nameTokens(last).some((word) => failureWords.has(word))) return true;
  return logging.test(use.chain.join(".")) || (target.kind === "external" && logging.test(target.name));
}
