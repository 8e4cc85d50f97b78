const protocols = new Set(["http:", "https:", "mailto:"]);

/** The address if a person may be sent there; undefined for scripts, data and everything else. */
export function safeLink(href: string | undefined): string | undefined {
  if (href === undefined || !URL.canParse(href)) return undefined;
  const url = new URL(href);
  return protocols.has(url.protocol) ? url.href : undefined;
}
