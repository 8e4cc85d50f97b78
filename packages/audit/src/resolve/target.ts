/** What a chain means. */
export type Target =
  /** A definition of the audited code; `scope` 0 is the module itself. */
  | { readonly kind: "scope"; readonly path: string; readonly scope: number }
  /** A value of this class. */
  | { readonly kind: "instance"; readonly path: string; readonly scope: number }
  /** Something of a module outside of the audit: `ws#WebSocket.send`. */
  | { readonly kind: "external"; readonly name: string }
  /** Names of the chain that nothing is known of. */
  | { readonly kind: "unresolved" };

export const unresolved: Target = { kind: "unresolved" };
