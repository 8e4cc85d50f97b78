import type { Limits } from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";
import { CodedError } from "../base/coded-error.ts";
import { RateLimit } from "../base/rate-limit.ts";
import type { Middleware } from "./router.ts";

/** Refuses commands of a user beyond `commandsPerMinuteMax`, over all their devices on this node. */
export function commandLimit(options: { readonly clock: Clock; readonly limits: Limits }): Middleware {
  const { commandsPerMinuteMax } = options.limits;
  const limit = new RateLimit({ clock: options.clock, perMinuteMax: commandsPerMinuteMax });
  return (command, next) => {
    const retryAfterMs = limit.take(command.identity.userId);
    if (retryAfterMs === 0) return next();
    throw new CodedError(
      "rate_limited",
      `unable to ${command.type}; more than commandsPerMinuteMax ${commandsPerMinuteMax}`,
      { retryAfterMs },
    );
  };
}
