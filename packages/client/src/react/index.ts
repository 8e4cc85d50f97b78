export { ClientProvider, useClient } from "./client-context.ts";
export { useConnection, useUnsent } from "./use-connection.ts";
export { useThread, useThreads } from "./use-threads.ts";
