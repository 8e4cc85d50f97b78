/** The account behind the browser's session cookie. The only place that speaks to `/api/auth`. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Undefined when nobody is signed in. Rejects when the server cannot be reached. */
export async function readSession(): Promise<Account | undefined> {
  const response = await fetch("/api/auth/get-session");
  if (!response.ok) throw new Error(`unable to read the session; the server says ${response.status}`);
  const body = (await response.json()) as { user: Account } | null;
  return body?.user;
}

/** Rejects with a text for people. */
export function signIn(credentials: Credentials): Promise<Account> {
  return post("/api/auth/sign-in/email", credentials);
}

export function signUp(account: Credentials & { readonly name: string }): Promise<Account> {
  return post("/api/auth/sign-up/email", account);
}

export async function signOut(): Promise<void> {
  await fetch("/api/auth/sign-out", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
}

async function post(path: string, body: object): Promise<Account> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server cannot be reached.");
  }
  const answer = (await response.json().catch(() => ({}))) as { user?: Account; message?: string; detail?: string };
  if (response.ok && answer.user !== undefined) return answer.user;
  throw new Error(answer.message ?? answer.detail ?? `The server says ${response.status}.`);
}
