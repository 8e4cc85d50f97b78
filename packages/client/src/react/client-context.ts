import { createContext, createElement, type ReactNode, useContext } from "react";
import type { Client } from "../client.ts";

const ClientContext = createContext<Client | undefined>(undefined);

/** Gives everything below it the client; whoever made the client also connects and closes it. */
export function ClientProvider({ client, children }: { readonly client: Client; readonly children: ReactNode }) {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest `ClientProvider`; throws without one. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error("unable to use the client; there is no ClientProvider above");
  return client;
}
