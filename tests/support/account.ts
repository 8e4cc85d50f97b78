/** A person with an account, as a browser and as a program: everything over HTTP, as anybody would. */

/** What a request or a connection is made with. */
export type Credential = { readonly bearer: string } | { readonly cookie: string; readonly origin: string };

export function credentialHeaders(credential: Credential): Record<string, string> {
  if ("bearer" in credential) return { authorization: `Bearer ${credential.bearer}` };
  return { cookie: credential.cookie, origin: credential.origin };
}

interface Place {
  readonly url: string;
  readonly publicUrl: string;
}

export function postJson(
  server: Place,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** The cookie that an answer sets; throws when it is not a success. */
export async function cookieOf(response: Response): Promise<string> {
  if (!response.ok) throw new Error(`unable to sign in; the server says ${response.status} ${await response.text()}`);
  return response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}

const password = "correct horse battery";

/** Signs a new person up; the credential is the session of a browser. */
export async function signUp(
  server: Place,
  name: string,
): Promise<{ readonly cookie: string; readonly origin: string }> {
  const origin = server.publicUrl;
  const account = { name, email: `${name}@example.com`, password };
  return { cookie: await cookieOf(await postJson(server, "/api/auth/sign-up/email", account, { origin })), origin };
}

/** Another session of the same person, as on another device. */
export async function signIn(
  server: Place,
  name: string,
): Promise<{ readonly cookie: string; readonly origin: string }> {
  const origin = server.publicUrl;
  const account = { email: `${name}@example.com`, password };
  return { cookie: await cookieOf(await postJson(server, "/api/auth/sign-in/email", account, { origin })), origin };
}

/** The token that a program gets for a session. */
export async function programToken(server: Place, session: { readonly cookie: string }): Promise<string> {
  const response = await fetch(`${server.url}/api/auth/token`, { headers: { cookie: session.cookie } });
  return ((await response.json()) as { token: string }).token;
}
