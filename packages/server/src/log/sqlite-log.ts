import type { Limits } from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";
import { EmbeddedLog } from "./embedded-log.ts";
import { SqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";

/** The embedded default: a log in one SQLite file, owned by one process. The caller makes sure that there is only one. */
export class SqliteLog extends EmbeddedLog {
  constructor(options: SqliteStoreOptions & { readonly clock: Clock; readonly limits: Limits }) {
    super({ store: new SqliteStore(options), clock: options.clock, limits: options.limits });
  }
}
