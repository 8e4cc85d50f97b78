import { StartError } from "../../base/start-error.ts";

const loopbackHosts = ["localhost", "127.0.0.1", "[::1]"];

/** Which pages may act with the cookie of their visitor. */
export class OriginCheck {
  /** The origin of this server. */
  readonly own: string;
  /** Every origin that is let in. */
  readonly allowed: readonly string[];

  /**
   * On a loopback address the names of this machine are one origin: people type either. Throws a `StartError` for what
   * is no http or https origin, such as a pattern.
   */
  constructor(publicUrl: string, trustedOrigins: readonly string[]) {
    const own = originUrl("publicUrl", publicUrl);
    const names = loopbackHosts.includes(own.hostname) ? loopbackHosts : [own.hostname];
    const port = own.port === "" ? "" : `:${own.port}`;
    const origins = names.map((name) => `${own.protocol}//${name}${port}`);
    const trusted = trustedOrigins.map((text) => originUrl("trustedOrigins", text).origin);
    this.own = own.origin;
    this.allowed = [...new Set([...origins, ...trusted])];
  }

  /** A request without `Origin` is let in only when the browser itself says that it comes from the same origin. */
  admits(headers: Headers): boolean {
    const origin = headers.get("origin");
    if (origin !== null) return this.allowed.includes(origin);
    return headers.get("sec-fetch-site") === "same-origin";
  }
}

function originUrl(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && !url.hostname.includes("*")) return url;
  const reason = `unable to use ${option} "${text}"; it names no single http or https origin`;
  throw new StartError("bad_option", reason, "give an origin such as https://chat.example.com");
}
