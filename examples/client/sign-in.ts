/** Signs in, or up when there is no such account, and returns a token for programs. */
export async function signIn(url: string, email: string, password: string): Promise<string> {
  const post = (path: string, body: object) =>
    fetch(new URL(path, url), {
      method: "POST",
      headers: { "content-type": "application/json", origin: new URL(url).origin },
      body: JSON.stringify(body),
    });
  let response = await post("/api/auth/sign-in/email", { email, password });
  if (response.status === 401) response = await post("/api/auth/sign-up/email", { name: email, email, password });
  if (!response.ok) throw new Error(`unable to sign in; the server says ${response.status} ${await response.text()}`);
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  const { token } = (await (await fetch(new URL("/api/auth/token", url), { headers: { cookie } })).json()) as {
    token: string;
  };
  return token;
}
