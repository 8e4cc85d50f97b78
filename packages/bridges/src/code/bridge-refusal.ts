/** Why a bridge does not carry something out. */
export type RefusalReason =
  /** The bridge is bound to another user. */
  | "not_yours"
  /** What was asked for has exactly one owner now, and it is not the caller. */
  | "owned_elsewhere"
  | "unknown_type"
  /** The data of the old call cannot be read. */
  | "invalid_data";

/** Nothing happened; `replacement` is what the caller should do instead. */
export class BridgeRefusal extends Error {
  override readonly name = "BridgeRefusal";
  readonly reason: RefusalReason;
  readonly replacement: string;

  constructor(reason: RefusalReason, message: string, replacement: string) {
    super(`${message}; ${replacement}`);
    this.reason = reason;
    this.replacement = replacement;
  }
}
