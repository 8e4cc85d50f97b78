import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

interface WebFile {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/**
 * The built page, read once. A request is a look-up by its exact path, so no path leads outside; files below `assets/`
 * carry their hash in their name and never change.
 */
export class WebFiles {
  readonly #files = new Map<string, WebFile>();

  /** Reads everything below `root`. Rejects when there is no `index.html`: the page was not built. */
  static async read(root: string): Promise<WebFiles> {
    const files = new WebFiles();
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.#add(`/${relative(root, path).split(sep).join("/")}`, await readFile(path));
    }
    if (!files.#files.has("/index.html")) throw new Error(`${root} has no index.html`);
    return files;
  }

  /** The file at a path, the page itself for `/`, undefined for anything else. */
  respond(path: string, ifNoneMatch: string | undefined): Response | undefined {
    const file = this.#files.get(path === "/" ? "/index.html" : path);
    if (file === undefined) return undefined;
    if (ifNoneMatch !== undefined && ifNoneMatch === file.headers.etag) {
      return new Response(null, { status: 304, headers: file.headers });
    }
    return new Response(new Uint8Array(file.bytes), { headers: file.headers });
  }

  #add(path: string, bytes: Buffer): void {
    const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    const cacheControl = path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    this.#files.set(path, {
      bytes,
      headers: {
        "content-type": contentTypes[extname(path)] ?? "application/octet-stream",
        "cache-control": cacheControl,
        etag,
      },
    });
  }
}
