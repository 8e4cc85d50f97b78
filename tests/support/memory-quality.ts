import type { Limits } from "@throughline/protocol";
import type { Clock } from "../../packages/server/src/base/clock.ts";
import type { IdSource } from "../../packages/server/src/base/id-source.ts";
import { appendNotice } from "../../packages/server/src/log/append-notice.ts";
import type { Feeds } from "../../packages/server/src/log/feeds.ts";
import { Quality, type QualityOptions } from "../../packages/server/src/quality/quality.ts";
import { openQualityDatabase } from "../../packages/server/src/quality/quality-database.ts";
import { QualityStore } from "../../packages/server/src/quality/quality-store.ts";

/** The product's quality module over a database in memory. */
export function memoryQuality(
  parts: { readonly feeds: Feeds; readonly clock: Clock; readonly ids: IdSource; readonly limits: Limits },
  given: Partial<QualityOptions> = {},
): Quality {
  const { feeds, clock, ids, limits } = parts;
  return new Quality({
    store: new QualityStore(openQualityDatabase(":memory:"), ids),
    clock,
    limits,
    deliver: (userId, key, event) => appendNotice(feeds, userId, key, event),
    mayReadTenant: () => true,
    onError: () => undefined,
    ...given,
  });
}
