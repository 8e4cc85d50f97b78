const loopbackHosts = ["localhost", "127.0.0.1", "[::1]"];

/** Which pages may act with the cookie of their visitor. */
export class OriginCheck {
  /** Every origin that is let in. */
  readonly allowed: readonly string[];

  /** On a loopback address the names of this machine are one origin: people type either. */
  constructor(publicUrl: string, trustedOrigins: readonly string[]) {
    const own = new URL(publicUrl);
    const names = loopbackHosts.includes(own.hostname) ? loopbackHosts : [own.hostname];
    const port = own.port === "" ? "" : `:${own.port}`;
    const origins = names.map((name) => `${own.protocol}//${name}${port}`);
    this.allowed = [...new Set([...origins, ...trustedOrigins.map((origin) => new URL(origin).origin)])];
  }

  /** A request without `Origin` is let in only when the browser itself says that it comes from the same origin. */
  admits(headers: Headers): boolean {
    const origin = headers.get("origin");
    if (origin !== null) return this.allowed.includes(origin);
    return headers.get("sec-fetch-site") === "same-origin";
  }
}
