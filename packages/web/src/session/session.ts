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
  return postForAccount("/api/auth/sign-in/email", credentials);
}

export function signUp(account: Credentials & { readonly name: string }): Promise<Account> {
  return postForAccount("/api/auth/sign-up/email", account);
}

/** Resolves when the session is over; rejects with a text for people while it may go on. */
export async function signOut(): Promise<void> {
  await post("/api/auth/sign-out", {});
}

async function postForAccount(path: string, body: object): Promise<Account> {
  const { user } = await post(path, body);
  if (user === undefined) throw new Error("The server names no account.");
  return user;
}

interface Answer {
  readonly user?: Account;
  readonly message?: string;
  readonly detail?: string;
}

async function post(path: string, body: object): Promise<Answer> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  const answer = ((await response.json().catch(() => null)) ?? {}) as Answer;
  if (response.ok) return answer;
  throw new Error(answer.message ?? answer.detail ?? `The server says ${response.status}.`);
}
