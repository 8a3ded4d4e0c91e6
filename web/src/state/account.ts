// Which account is on the screen? The one chosen last in this browser, else the first.
import { createContext, useContext } from "react";
import type { Account } from "@/api/types";
import { read, write } from "@/lib/choice";

const KEY = "counterpoise.account";

export function chosenOf(accounts: readonly Account[]): Account | null {
  const last = read(KEY);
  return accounts.find((account) => account.id === last) ?? accounts[0] ?? null;
}

export function remember(account: Account): void {
  write(KEY, account.id);
}

export interface AccountChoice {
  readonly account: Account;
  readonly accounts: readonly Account[];
  readonly choose: (account: Account) => void;
}

export const AccountContext = createContext<AccountChoice | null>(null);

export function useAccount(): AccountChoice {
  const value = useContext(AccountContext);
  if (value === null) throw new Error("no account is on the screen here");
  return value;
}
