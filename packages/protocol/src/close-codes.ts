/**
 * WebSocket close codes. A client can act on a code it has never seen by its range: 1000–1999 may be answered by a new
 * connection, 4400–4428 must not be answered with the same credential, 4429–4499 may be after a wait.
 */
export const closeCodes = {
  normal: 1000,
  going_away: 1001,
  too_large: 1009,
  restarting: 1012,
  overloaded: 1013,
  bad_frame: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  no_hello: 4408,
  rate: 4429,
} as const;

export type CloseCodeName = keyof typeof closeCodes;
export type CloseCode = (typeof closeCodes)[CloseCodeName];

/** False when reconnecting with the same credential is pointless. */
export function mayReconnect(code: number): boolean {
  return code < 4400 || code >= 4429;
}
